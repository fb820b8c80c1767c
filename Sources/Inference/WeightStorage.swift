import Glibc

/// The bytes that weights lie in: a file mapped read-only.
final class WeightStorage: Sendable {
    // Unmapped only by `deinit`: any thread may read.
    private nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    /// Maps a file. It must keep its size while it is mapped: touching a page that is gone ends the process.
    ///
    /// - Throws: `.weightsUnreadable`, naming the path and the system's reason.
    init(path: String) throws(InferenceError) {
        func failure(_ reason: String) -> InferenceError {
            InferenceError(
                .weightsUnreadable, "cannot read the weights \(path): \(reason); check the path and its permissions")
        }
        // Without O_NONBLOCK a named pipe would keep us waiting for its writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure(String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw failure("not a regular file") }
        guard status.st_size > 0 else { throw failure("the file is empty") }
        let size = Int(status.st_size)
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED else {
            throw failure(String(cString: strerror(errno)))
        }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
    }

    var count: Int { bytes.count }

    /// The bytes, valid within `body` alone.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The bytes must not go while `body` reads.
        defer { withExtendedLifetime(self) {} }
        return try body(bytes)
    }
}
