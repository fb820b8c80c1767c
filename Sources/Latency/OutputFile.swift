import Glibc

/// Whole files, written at once.
enum OutputFile {
    /// Writes a file beside its final place and moves it there, so that nobody sees half of it. What is no regular
    /// file (a pipe, a device) is written to directly.
    ///
    /// - Throws: `cannotCreate`, `writeFailed`.
    static func write(_ bytes: [UInt8], to path: String) throws(LatencyError) {
        var status = stat()
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        let target = isSpecial ? path : "\(path).part\(getpid())"
        let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw LatencyError(
                .cannotCreate,
                "cannot create \(path): \(systemMessage(errno)): choose a folder that exists and may be written to")
        }
        var problem = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
        if close(descriptor) != 0, problem == 0 { problem = errno }
        if problem == 0, !isSpecial, rename(target, path) != 0 { problem = errno }
        guard problem == 0 else {
            if !isSpecial { unlink(target) }
            throw LatencyError(
                .writeFailed, "cannot write \(path): \(systemMessage(problem)): free some space or write elsewhere")
        }
    }
}
