/// Assembles zip archives of stored entries for the tests.
enum Zip {
    static func archive(_ entries: [(name: String, content: [UInt8])], method: UInt16 = 0, flags: UInt16 = 0) -> [UInt8]
    {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for (name, content) in entries {
            let offset = UInt32(file.count)
            let size = word(UInt32(content.count))
            let shared = join(
                halves(20, flags, method, 0, 0, 0, 0), size, size, halves(UInt16(name.utf8.count), 0))
            file += join([0x50, 0x4b, 3, 4], shared, Array(name.utf8), content)
            directory += join(
                [0x50, 0x4b, 1, 2], halves(20), shared, halves(0, 0, 0, 0, 0), word(offset), Array(name.utf8))
        }
        let count = UInt16(entries.count)
        return join(
            file, directory, [0x50, 0x4b, 5, 6], halves(0, 0, count, count), word(UInt32(directory.count)),
            word(UInt32(file.count)), halves(0))
    }

    private static func join(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }

    private static func halves(_ values: UInt16...) -> [UInt8] {
        values.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
