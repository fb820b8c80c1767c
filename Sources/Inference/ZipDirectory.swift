/// The entries of a zip archive whose content is stored, not compressed, as PyTorch writes them; zip64 is understood
/// (PKWARE's APPNOTE.TXT 6.3, sections 4.3.7 to 4.5.3).
struct ZipDirectory {
    /// Where each entry's content lies in the file, by the entry's name.
    let entries: [String: Range<Int>]

    private static let endSignature: UInt32 = 0x0605_4b50
    private static let end64LocatorSignature: UInt32 = 0x0706_4b50
    private static let end64Signature: UInt32 = 0x0606_4b50
    private static let centralSignature: UInt32 = 0x0201_4b50
    private static let localSignature: UInt32 = 0x0403_4b50

    /// - Throws: `.weightsFormat` where a structure is cut short, damaged, compressed or encrypted.
    init(_ file: UnsafeRawBufferPointer) throws(InferenceError) {
        guard let directory = ZipDirectory.directory(of: file) else {
            throw ZipDirectory.failure("its directory is missing: the file is cut short or no zip archive")
        }
        var entries: [String: Range<Int>] = [:]
        var reader = ByteReader(file, at: directory.offset)
        for _ in 0..<directory.count {
            guard let (name, range) = try ZipDirectory.entry(&reader) else {
                throw ZipDirectory.failure("its directory is damaged: an entry lies outside the file")
            }
            guard entries.updateValue(range, forKey: name) == nil else {
                throw ZipDirectory.failure("it holds the entry '\(name)' twice")
            }
        }
        self.entries = entries
    }

    // MARK: Structures

    /// Where the central directory starts and how many entries it has, or nil where that cannot be found.
    private static func directory(of file: UnsafeRawBufferPointer) -> (offset: Int, count: Int)? {
        let endSize = 22
        guard file.count >= endSize else { return nil }
        // A comment of at most 65,535 bytes may follow the end record.
        let lowest = max(0, file.count - endSize - 65_535)
        for start in stride(from: file.count - endSize, through: lowest, by: -1) {
            var reader = ByteReader(file, at: start)
            guard reader.next(UInt32.self) == endSignature else { continue }
            guard reader.advance(6) != nil, let count = reader.next(UInt16.self), reader.advance(4) != nil,
                let offset = reader.next(UInt32.self)
            else { return nil }
            if count != .max, offset != .max { return (Int(offset), Int(count)) }
            return directory64(of: file, endingAt: start)
        }
        return nil
    }

    private static func directory64(of file: UnsafeRawBufferPointer, endingAt end: Int) -> (offset: Int, count: Int)? {
        var locator = ByteReader(file, at: end - 20)
        guard end >= 20, locator.next(UInt32.self) == end64LocatorSignature, locator.advance(4) != nil,
            let start = locator.next(UInt64.self).flatMap(Int.init(exactly:))
        else { return nil }
        var record = ByteReader(file, at: start)
        guard record.next(UInt32.self) == end64Signature, record.advance(28) != nil,
            let count = record.next(UInt64.self).flatMap(Int.init(exactly:)), record.advance(8) != nil,
            let offset = record.next(UInt64.self).flatMap(Int.init(exactly:)),
            count <= file.count / 46
        else { return nil }
        return (offset, count)
    }

    /// The next entry of the central directory; nil where it is cut short.
    private static func entry(_ reader: inout ByteReader) throws(InferenceError) -> (String, Range<Int>)? {
        guard reader.next(UInt32.self) == centralSignature, reader.advance(4) != nil,
            let flags = reader.next(UInt16.self), let method = reader.next(UInt16.self), reader.advance(8) != nil,
            let packed = reader.next(UInt32.self), let size = reader.next(UInt32.self),
            let nameLength = reader.next(UInt16.self), let extraLength = reader.next(UInt16.self),
            let commentLength = reader.next(UInt16.self), reader.advance(8) != nil,
            let offset = reader.next(UInt32.self), let name = reader.text(Int(nameLength)),
            let extraStart = reader.advance(Int(extraLength)), reader.advance(Int(commentLength)) != nil
        else { return nil }
        guard method == 0, flags & 1 == 0 else {
            throw failure("its entry '\(name)' is compressed or encrypted; PyTorch stores entries as they are")
        }
        let extra = UnsafeRawBufferPointer(rebasing: reader.bytes[extraStart..<extraStart + Int(extraLength)])
        // In zip64 the values that do not fit follow in this order.
        var wide = ByteReader(zip64(in: extra) ?? UnsafeRawBufferPointer(start: nil, count: 0))
        func value(_ narrow: UInt32) -> Int? {
            narrow == .max ? wide.next(UInt64.self).flatMap(Int.init(exactly:)) : Int(narrow)
        }
        guard let size = value(size), let packed = value(packed), let offset = value(offset), size == packed,
            let start = contentStart(reader.bytes, localHeader: offset), size <= reader.bytes.count - start
        else { return nil }
        return (name, start..<start + size)
    }

    /// The zip64 block (identifier 1) of an entry's extra field.
    private static func zip64(in extra: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var reader = ByteReader(extra)
        while let identifier = reader.next(UInt16.self), let length = reader.next(UInt16.self),
            let start = reader.advance(Int(length))
        {
            if identifier == 1 { return UnsafeRawBufferPointer(rebasing: extra[start..<start + Int(length)]) }
        }
        return nil
    }

    /// Where the content behind a local header starts: that header has lengths of its own.
    private static func contentStart(_ file: UnsafeRawBufferPointer, localHeader offset: Int) -> Int? {
        var reader = ByteReader(file, at: offset)
        guard reader.next(UInt32.self) == localSignature, reader.advance(22) != nil,
            let nameLength = reader.next(UInt16.self), let extraLength = reader.next(UInt16.self),
            reader.advance(Int(nameLength) + Int(extraLength)) != nil
        else { return nil }
        return reader.position
    }

    private static func failure(_ what: String) -> InferenceError {
        InferenceError(.weightsFormat, what)
    }
}
