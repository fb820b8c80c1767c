/// Whole numbers as HdrHistogram's V2 encoding has them: ZigZag (the sign is the lowest bit), then LEB128 in at most nine
/// bytes, whose ninth has eight bits of the number in place of seven.
///
/// Format: HdrHistogram, `ZigZagEncoding` ("LEB128-64b9B").
enum ZigZagLEB128 {
    /// Appends a number.
    static func append(_ value: Int64, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        for _ in 0..<8 {
            if rest < 0x80 {
                bytes.append(UInt8(rest))
                return
            }
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// The number at `position`, which moves behind it; nil where the bytes end within it.
    static func next(in bytes: ArraySlice<UInt8>, at position: inout Int) -> Int64? {
        var value: UInt64 = 0
        for place in 0..<9 {
            guard position < bytes.endIndex else { return nil }
            let byte = UInt64(bytes[position])
            position += 1
            value |= (place == 8 ? byte : byte & 0x7F) << UInt64(7 * place)
            if byte < 0x80 { break }
        }
        return Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1)))
    }
}
