import Glibc

/// A segment as it was read back: a file of the spool.
struct SpoolSegment {
    /// What the rest of a segment is that holds no record.
    enum Rest: Equatable {
        /// Nothing: the last record ends the file.
        case none
        /// The last record is unfinished: its writer was killed, and had not counted it. So many bytes.
        case torn(Int)
        /// Something else, so many bytes: the disk or somebody changed the file.
        case damaged(Int)
    }

    /// What a segment begins with.
    static let magic = Array("iotpipe spool 1\n".utf8)

    /// The records, in the order in which they were written.
    let records: [SpoolRecord]
    /// What follows them.
    let rest: Rest

    /// Reads the file at `path` as a whole: segments are small.
    ///
    /// - Throws: `RoleError` where it cannot be read.
    init(path: String) throws(RoleError) {
        self.init(bytes: try SpoolSegment.read(path))
    }

    init(bytes: [UInt8]) {
        let magic = SpoolSegment.magic
        guard bytes.starts(with: magic) else {
            records = []
            rest = magic.starts(with: bytes) ? (bytes.isEmpty ? .none : .torn(bytes.count)) : .damaged(bytes.count)
            return
        }
        var records: [SpoolRecord] = []
        var place = magic.count
        bytes.withUnsafeBytes { bytes in
            while let (record, next) = SpoolSegment.record(in: bytes, at: place) {
                records.append(record)
                place = next
            }
        }
        self.records = records
        rest = bytes.withUnsafeBytes { SpoolSegment.rest(of: UnsafeRawBufferPointer(rebasing: $0[place...])) }
    }

    private static func record(in bytes: UnsafeRawBufferPointer, at place: Int) -> (SpoolRecord, next: Int)? {
        guard let length = SpoolRecord.number(in: bytes, at: place).map(Int.init),
            let checksum = SpoolRecord.number(in: bytes, at: place + 4),
            length > 0, length <= bytes.count - place - SpoolRecord.frameSize
        else { return nil }
        let start = place + SpoolRecord.frameSize
        let payload = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
        guard SpoolRecord.checksum(payload) == checksum, let record = SpoolRecord(payload: payload) else { return nil }
        return (record, start + length)
    }

    /// What bytes are that no record begins with. An unfinished record ends the file: it is too short for its length, or,
    /// after a power cut, pages of it were never written and nothing but zeros follows.
    private static func rest(of bytes: UnsafeRawBufferPointer) -> Rest {
        if bytes.isEmpty { return .none }
        if bytes.allSatisfy({ $0 == 0 }) { return .torn(bytes.count) }
        guard let length = SpoolRecord.number(in: bytes, at: 0).map(Int.init), bytes.count >= SpoolRecord.frameSize
        else { return .torn(bytes.count) }
        guard length <= SpoolRecord.largestPayload else { return .damaged(bytes.count) }
        let isLast = bytes.dropFirst(SpoolRecord.frameSize + length).allSatisfy { $0 == 0 }
        return isLast ? .torn(bytes.count) : .damaged(bytes.count)
    }

    private static func read(_ path: String) throws(RoleError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var problem = descriptor < 0 ? errno : 0
        defer { if descriptor >= 0 { close(descriptor) } }
        var bytes: [UInt8] = []
        var status = stat()
        if problem == 0, fstat(descriptor, &status) != 0 { problem = errno }
        if problem == 0 {
            bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, filled in
                while filled < buffer.count {
                    let count = Glibc.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
                    if count < 0, errno == EINTR { continue }
                    if count < 0 { problem = errno }
                    guard count > 0 else { break }
                    filled += count
                }
            }
        }
        guard problem == 0 else {
            throw RoleError(
                .ioFailure, "cannot read \(path) of the spool: \(String(cString: strerror(problem))); check the disk")
        }
        return bytes
    }
}
