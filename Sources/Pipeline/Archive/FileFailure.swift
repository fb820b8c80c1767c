import Glibc

/// The error for a call on a file that failed, with the exit status it deserves and what to do about it.
enum FileFailure {
    static func creating(_ path: String, _ code: Int32 = errno) -> RoleError {
        RoleError(isStorage(code) ? .ioFailure : .cannotCreate, "cannot create \(path): \(text(code))\(remedy(code))")
    }

    static func writing(_ path: String, _ code: Int32 = errno) -> RoleError {
        RoleError(.ioFailure, "cannot write \(path): \(text(code))\(remedy(code))")
    }

    static func reading(_ path: String, _ code: Int32 = errno) -> RoleError {
        RoleError(
            isStorage(code) ? .ioFailure : .inputMissing,
            "cannot read \(path): \(text(code))\(remedy(code, reads: true))")
    }

    private static func isStorage(_ code: Int32) -> Bool { [ENOSPC, EDQUOT, EIO, EFBIG].contains(code) }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func remedy(_ code: Int32, reads: Bool = false) -> String {
        switch code {
        case ENOSPC, EDQUOT: ": free some space, or choose a folder elsewhere"
        case EFBIG: ": raise the limit on the size of files (ulimit -f)"
        case EACCES, EPERM:
            ": give the user that runs iotpipe the right to \(reads ? "read" : "write") there, or choose a place it may use"
        case EROFS: ": the file system is read-only: choose a folder on another one"
        case ENOENT, ENOTDIR: reads ? ": check the path" : ": make the folder above it, or correct the path"
        case EIO: ": the disk reports an error: look at the system's log, and use another disk"
        case EMFILE, ENFILE: ": raise the limit on open files (ulimit -n)"
        default: ": choose a \(reads ? "file that can be read" : "folder that can be written to")"
        }
    }
}
