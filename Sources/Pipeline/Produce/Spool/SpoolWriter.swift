import Glibc

/// Writes segments, one after the other. Once it has thrown, nothing may follow: it would stand behind a torn record, where
/// nobody reads it.
struct SpoolWriter {
    private let folder: SpoolFolder
    private let write: SpoolFile.Write
    private var number: Int
    private var file: SpoolFile?
    private var size = 0

    /// - Parameters:
    ///   - number: of the first segment.
    ///   - write: for tests of a disk that refuses.
    init(folder: SpoolFolder, number: Int, write: @escaping SpoolFile.Write = SpoolFile.systemWrite) {
        self.folder = folder
        self.number = number
        self.write = write
    }

    /// Whether a segment is begun.
    var isOpen: Bool { file != nil }

    /// Appends records and waits until the disk has them.
    ///
    /// - Returns: the segment before, where they did not fit it any more.
    /// - Throws: `RoleError`; none of the records is kept then.
    mutating func append(_ records: [[UInt8]]) throws(RoleError) -> SpoolFolder.Segment? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.reduce(0) { $0 + $1.count })
        for record in records { bytes += record }
        let ended = size + bytes.count > Spool.segmentSize ? seal() : nil
        if file == nil { try begin() }
        guard let file else { return ended }
        do throws(RoleError) {
            try file.append(bytes)
        } catch {
            file.cut(to: size)
            throw error
        }
        size += bytes.count
        return ended
    }

    /// Ends the segment, where one is begun.
    mutating func seal() -> SpoolFolder.Segment? {
        guard let file else { return nil }
        file.close()
        self.file = nil
        defer { (number, size) = (number + 1, 0) }
        return SpoolFolder.Segment(path: file.path, size: size)
    }

    private mutating func begin() throws(RoleError) {
        let made = try SpoolFile(making: folder.segment(number), write: write)
        do throws(RoleError) {
            try made.append(SpoolSegment.magic)
            try folder.synchronize()
        } catch {
            made.close()
            unlink(made.path)
            throw error
        }
        (file, size) = (made, SpoolSegment.magic.count)
    }
}
