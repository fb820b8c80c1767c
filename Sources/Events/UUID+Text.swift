import FoundationEssentials

extension UUID {
    /// The length of `lowercased` in bytes.
    static let textLength = 36

    /// The canonical text of RFC 9562: 36 characters, lower case (`uuidString` is upper case).
    public var lowercased: String {
        String(unsafeUninitializedCapacity: UUID.textLength, initializingUTF8With: write)
    }

    /// Appends `lowercased` as bytes.
    public func append(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: UUID.textLength) { buffer in
            _ = write(to: buffer)
            bytes.append(contentsOf: buffer)
        }
    }

    /// Writes `lowercased`.
    ///
    /// - Returns: its length in bytes.
    func write(to buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var position = 0
        withUnsafeBytes(of: uuid) { bytes in
            for (index, byte) in bytes.enumerated() {
                if UUID.hasDash(before: index) {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                buffer[position] = Hexadecimal.digit(byte >> 4)
                buffer[position + 1] = Hexadecimal.digit(byte & 15)
                position += 2
            }
        }
        return position
    }

    /// Reads the 36 characters of the canonical text, of either case; nil where they are not that.
    init?(ascii text: UnsafeBufferPointer<UInt8>) {
        guard text.count == 36 else { return nil }
        var value: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        let isValid = withUnsafeMutableBytes(of: &value) { bytes in
            var position = 0
            for index in 0..<16 {
                if UUID.hasDash(before: index) {
                    guard text[position] == UInt8(ascii: "-") else { return false }
                    position += 1
                }
                guard let high = Hexadecimal.value(text[position]), let low = Hexadecimal.value(text[position + 1])
                else { return false }
                bytes[index] = high << 4 | low
                position += 2
            }
            return true
        }
        guard isValid else { return nil }
        self.init(uuid: value)
    }

    /// Whether the byte at `index` has a dash in front of it.
    private static func hasDash(before index: Int) -> Bool {
        index == 4 || index == 6 || index == 8 || index == 10
    }
}
