import Glibc

/// A file of the spool while it is written: what `append` returned from is on the disk.
struct SpoolFile {
    /// Writes some of the bytes, as `write(2)` does.
    typealias Write = @Sendable (Int32, UnsafeRawBufferPointer) -> Int

    /// The file's path.
    let path: String
    private let descriptor: Int32
    private let write: Write

    /// Makes the file.
    ///
    /// - Parameters:
    ///   - replaces: whether it may be there already.
    ///   - write: for tests of a disk that refuses.
    /// - Throws: `RoleError` where it cannot be made.
    init(
        making path: String, replaces: Bool = false, write: @escaping Write = SpoolFile.systemWrite
    ) throws(RoleError) {
        self.path = path
        self.write = write
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (replaces ? O_TRUNC : O_EXCL)
        descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { throw SpoolFile.failure("make", path) }
    }

    /// Appends bytes and waits until the disk has them.
    ///
    /// - Throws: `RoleError`; some of them may be in the file then.
    func append(_ bytes: [UInt8]) throws(RoleError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, UnsafeRawBufferPointer(rebasing: $0[offset...])) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SpoolFile.failure("write", path) }
            offset += count
        }
        guard fdatasync(descriptor) == 0 else { throw SpoolFile.failure("write", path) }
    }

    /// Cuts off what was written beyond that size; where the disk refuses this too, it is a torn end.
    func cut(to size: Int) {
        _ = ftruncate(descriptor, off_t(size))
    }

    /// Closes the file. Once only.
    func close() {
        Glibc.close(descriptor)
    }

    /// What files are written with.
    static let systemWrite: Write = { descriptor, bytes in Glibc.write(descriptor, bytes.baseAddress, bytes.count) }

    /// An input or output error by `errno`.
    static func failure(_ what: String, _ path: String) -> RoleError {
        RoleError(
            .ioFailure,
            "cannot \(what) \(path) of the spool: \(String(cString: strerror(errno))); free some space or choose another --spool"
        )
    }
}
