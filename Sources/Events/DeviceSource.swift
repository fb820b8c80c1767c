/// The `ce_source` of a device's events: `/devices/ID`, the ID percent-encoded as one segment of a URI path (RFC 3986).
enum DeviceSource {
    private static let prefix = Array("/devices/".utf8)

    /// The most bytes that the source of a device may have.
    static func limit(deviceID: String) -> Int { prefix.count + 3 * deviceID.utf8.count }

    /// Writes the source of a device.
    ///
    /// - Returns: its length in bytes.
    static func write(deviceID: String, to source: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var length = 0
        func put(_ byte: UInt8) {
            source[length] = byte
            length += 1
        }
        for byte in prefix { put(byte) }
        for byte in deviceID.utf8 {
            if isSegmentCharacter(byte) {
                put(byte)
            } else {
                put(UInt8(ascii: "%"))
                // RFC 3986, section 2.1: upper-case digits.
                for four in [byte >> 4, byte & 15] {
                    let digit = Hexadecimal.digit(four)
                    put(four < 10 ? digit : digit & ~0x20)
                }
            }
        }
        return length
    }

    /// The device of a source; nil where it is not `/devices/` and one segment whose escapes make UTF-8.
    static func deviceID(of source: [UInt8]) -> String? {
        guard source.starts(with: prefix) else { return nil }
        var identifier: [UInt8] = []
        identifier.reserveCapacity(source.count - prefix.count)
        var position = prefix.count
        while position < source.count {
            let byte = source[position]
            if byte == UInt8(ascii: "%") {
                guard position + 2 < source.count, let high = Hexadecimal.value(source[position + 1]),
                    let low = Hexadecimal.value(source[position + 2])
                else { return nil }
                identifier.append(high << 4 | low)
                position += 3
            } else {
                guard isSegmentCharacter(byte) else { return nil }
                identifier.append(byte)
                position += 1
            }
        }
        return String(validating: identifier, as: UTF8.self)
    }

    /// `pchar` of RFC 3986 without `%`.
    private static func isSegmentCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default:
            "~!$&'()*+,;=:@".utf8.contains(byte)
        }
    }
}
