import Glibc

/// A file's content in the address space, read-only: its pages belong to the page cache, not to the process.
///
/// The file must keep its size while it is mapped (the kernel ends a process that touches a page no longer there).
final class MappedFile: Sendable {
    let count: Int
    // Never written through, and unmapped only when the last reference goes: any thread may read.
    private nonisolated(unsafe) let address: UnsafeRawPointer?

    /// - Throws: `.unreadable`, naming the path and the system's reason.
    init(path: String) throws(ImageError) {
        // Without O_NONBLOCK a named pipe would keep us waiting for its writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw MappedFile.failure(path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw MappedFile.failure(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ImageError(.unreadable, "\(path) is not a regular file; name a file")
        }
        count = Int(status.st_size)
        guard count > 0 else {
            address = nil
            return
        }
        guard let mapping = mmap(nil, count, PROT_READ, MAP_SHARED, file, 0), mapping != MAP_FAILED else {
            throw MappedFile.failure(path)
        }
        address = UnsafeRawPointer(mapping)
    }

    deinit {
        if let address { munmap(UnsafeMutableRawPointer(mutating: address), count) }
    }

    /// The file's bytes, valid within `body` alone.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The mapping must not go while `body` reads.
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(start: address, count: count))
    }

    private static func failure(_ path: String) -> ImageError {
        let reason = String(cString: strerror(errno))
        return ImageError(.unreadable, "cannot read \(path): \(reason); check the path and its permissions")
    }
}
