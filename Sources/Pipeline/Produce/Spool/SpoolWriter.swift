import Glibc

/// Writes segments, one after the other.
struct SpoolWriter {
    private let folder: SpoolFolder
    private var number: Int
    private var descriptor: Int32 = -1
    private var size = 0

    /// - Parameter number: of the first segment.
    init(folder: SpoolFolder, number: Int) {
        self.folder = folder
        self.number = number
    }

    /// Whether a segment is begun.
    var isOpen: Bool { descriptor >= 0 }

    /// Appends records and waits until the disk has them.
    ///
    /// - Returns: the segment before, where they did not fit it any more.
    /// - Throws: `RoleError`; none of the records is kept then.
    mutating func append(_ records: [[UInt8]]) throws(RoleError) -> SpoolFolder.Segment? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.reduce(0) { $0 + $1.count })
        for record in records { bytes += record }
        let ended = size + bytes.count > Spool.segmentSize ? seal() : nil
        let path = folder.segment(number)
        if !isOpen {
            descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
            guard isOpen else { throw failure("make", path) }
            try write(SpoolSegment.magic, path)
            folder.synchronize()
        }
        try write(bytes, path)
        return ended
    }

    /// Ends the segment, where one is begun.
    mutating func seal() -> SpoolFolder.Segment? {
        guard isOpen else { return nil }
        close(descriptor)
        descriptor = -1
        defer { (number, size) = (number + 1, 0) }
        return SpoolFolder.Segment(path: folder.segment(number), size: size)
    }

    private mutating func write(_ bytes: [UInt8], _ path: String) throws(RoleError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + offset, $0.count - offset) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw takeBack(path) }
            offset += count
        }
        guard fdatasync(descriptor) == 0 else { throw takeBack(path) }
        size += bytes.count
    }

    /// Cuts off what was written of records that are not kept.
    private func takeBack(_ path: String) -> RoleError {
        let error = failure("write", path)
        ftruncate(descriptor, size)
        return error
    }

    private func failure(_ what: String, _ path: String) -> RoleError {
        RoleError(
            .ioFailure,
            "cannot \(what) \(path) of the spool: \(String(cString: strerror(errno))); free some space or choose another --spool"
        )
    }
}
