import Glibc
import Threads

/// Keeps other runs, of whatever database, from a folder of archived days, for as long as it lives. A killed run's lock ends
/// with it.
final class FolderLock {
    /// The name of the file that is locked. It stays: removing it would let two runs lock two files.
    static let name = ".iotpipe-archive.lock"

    enum Kind {
        /// For a run that writes.
        case writer
        /// For runs that read; there may be several.
        case reader
    }

    private let descriptor: Int32

    /// Takes the lock; one that was killed a moment ago may still have it.
    ///
    /// A reader that may not write in the folder, and finds no file to lock there, goes without.
    ///
    /// - Throws: `RoleError`: 75 where another run has it, 73 and 74 where the file cannot be made.
    init(_ folder: String, _ kind: Kind, patience: Duration = .seconds(3)) throws(RoleError) {
        let path = "\(folder)/\(FolderLock.name)"
        var file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o660)
        let code = errno
        if file < 0 { file = open(path, O_RDONLY | O_CLOEXEC) }
        descriptor = file
        guard file >= 0 else {
            if kind == .reader { return }
            throw FileFailure.creating(path, code)
        }
        let deadline = MonotonicClock.deadline(after: patience)
        while flock(file, (kind == .writer ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw FileFailure.writing(path) }
            guard MonotonicClock.now < deadline else {
                throw RoleError(
                    .temporaryFailure,
                    "another archive or restore, perhaps of another database, is at work in \(folder): try again when it "
                        + "has ended, or choose another folder")
            }
            MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(50)))
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
