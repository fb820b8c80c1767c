/// Little-endian numbers out of bytes, none of which is trusted: every read is checked against the end.
struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var position: Int

    init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The next number, or nil where the bytes end before it.
    mutating func next<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard let start = advance(size) else { return nil }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Number.self))
    }

    /// The next `count` bytes as valid UTF-8, or nil.
    mutating func text(_ count: Int) -> String? {
        guard let start = advance(count) else { return nil }
        return String(validating: bytes[start..<start + count], as: UTF8.self)
    }

    /// The text up to the next line feed, which is taken too; nil where there is none.
    mutating func line() -> String? {
        guard position < bytes.count, let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
            return nil
        }
        let text = String(validating: bytes[position..<end], as: UTF8.self)
        position = end + 1
        return text
    }

    /// Skips `count` bytes and returns where they start, or nil where there are fewer.
    mutating func advance(_ count: Int) -> Int? {
        guard count >= 0, position >= 0, position <= bytes.count, count <= bytes.count - position else { return nil }
        defer { position += count }
        return position
    }
}
