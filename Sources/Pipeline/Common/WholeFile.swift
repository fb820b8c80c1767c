import Glibc

/// Files that are there whole or not at all.
public enum WholeFile {
    /// Writes texts as files into a folder, which is made where it is missing, and those above it.
    ///
    /// - Throws: `RoleError`, as `write(_:to:)`.
    public static func write(_ texts: [(file: String, text: String)], into folder: String) throws(RoleError) {
        for end in folder.indices.dropFirst() where folder[end] == "/" { try makeFolder(String(folder[..<end])) }
        try makeFolder(folder)
        for (file, text) in texts { try write(Array(text.utf8), to: "\(folder)/\(file)") }
    }

    /// Makes a folder where it is missing; its parent must be there.
    static func makeFolder(_ path: String) throws(RoleError) {
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw FileFailure.creating(path) }
    }

    /// Writes a file under a temporary name beside it, waits until it is on the disk, and gives it its name. What is there
    /// under that name and no file, such as a device or a pipe, is written to.
    ///
    /// - Throws: `RoleError`: 73 where the file cannot be made, 74 where it cannot be written; nothing is left of it then.
    static func write(_ bytes: [UInt8], to path: String) throws(RoleError) {
        var status = stat()
        let isThere = stat(path, &status) == 0
        if isThere, status.st_mode & S_IFMT != S_IFREG {
            return try write(bytes, to: path, flags: O_WRONLY, waits: false)
        }
        // Through a link to the file itself, which keeps its mode.
        let target = isThere ? resolved(path) : path
        let part = "\(target).\(getpid()).part"
        let mode = isThere ? status.st_mode & 0o777 : 0o666
        do throws(RoleError) {
            try write(bytes, to: part, flags: O_WRONLY | O_CREAT | O_EXCL, mode: mode, named: path)
            guard rename(part, target) == 0 else { throw FileFailure.creating(path) }
        } catch {
            unlink(part)
            throw error
        }
    }

    private static func write(
        _ bytes: [UInt8], to path: String, flags: Int32, mode: mode_t = 0, named name: String? = nil, waits: Bool = true
    ) throws(RoleError) {
        let descriptor = open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileFailure.creating(name ?? path) }
        defer { close(descriptor) }
        guard FileBytes.write(bytes, to: descriptor) else { throw FileFailure.writing(name ?? path) }
        guard !waits || fsync(descriptor) == 0 else { throw FileFailure.writing(name ?? path) }
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
