import FoundationEssentials
import Glibc

/// A folder for logs and sockets that goes with this process, however that ends: in TMPDIR, else /tmp.
final class WorkFolder {
    let path: String
    /// Removes the folder where this process is killed.
    private let cleaner: ChildProcess?

    /// Makes the folder.
    ///
    /// - Parameter name: begins the folder's own name.
    init(name: String) throws {
        let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(temporary)/\(name).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw RoleError(
                .cannotCreate,
                "cannot make a folder in \(temporary): \(String(cString: strerror(errno))); set TMPDIR to a folder that "
                    + "can be written")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        cleaner = WorkFolder.startCleaner(of: path)
    }

    /// Removes the folder.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
        cleaner?.signal(SIGKILL)
        cleaner?.wait()
    }

    /// Starts a shell whose standard input ends with this process, however it ends. The children end with it too, but may
    /// still write a moment longer.
    private static func startCleaner(of folder: String) -> ChildProcess? {
        let script = "read -r line; for pause in 0 1 5; do sleep $pause; rm -rf \"$1\"; done"
        return try? ChildProcess(
            name: "cleaner", executable: "/bin/sh", arguments: ["-c", script, "iotpipe-cleaner", folder],
            environment: [:], log: "/dev/null")
    }
}
