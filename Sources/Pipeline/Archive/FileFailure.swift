import Glibc

/// The error for a call on a file that failed, with the exit status it deserves.
enum FileFailure {
    static func creating(_ path: String, _ code: Int32 = errno) -> RoleError {
        isStorage(code)
            ? writing(path, code)
            : RoleError(
                .cannotCreate,
                "cannot create \(path): \(text(code)): choose a folder that exists and may be written to")
    }

    static func writing(_ path: String, _ code: Int32 = errno) -> RoleError {
        RoleError(.ioFailure, "cannot write \(path): \(text(code)): free some space or write elsewhere")
    }

    static func reading(_ path: String, _ code: Int32 = errno) -> RoleError {
        isStorage(code)
            ? RoleError(.ioFailure, "cannot read \(path): \(text(code))")
            : RoleError(.inputMissing, "cannot read \(path): \(text(code))")
    }

    private static func isStorage(_ code: Int32) -> Bool { [ENOSPC, EDQUOT, EIO].contains(code) }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
