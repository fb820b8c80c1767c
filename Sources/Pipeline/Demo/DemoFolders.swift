import FoundationEssentials
import Glibc

/// Where a demo works and where it leaves its results. The working folder goes at the end, the results stay.
final class DemoFolders {
    /// Logs, sockets and CSV files while it runs: in TMPDIR, else /tmp.
    let work: String
    /// Where pictures and CSV files are left: as asked for, or with a number where another demo is using that.
    let output: String
    private let lock: Int32
    private let madeOutput: Bool
    /// Removes the working folder where this process is killed.
    private let cleaner: ChildProcess?

    /// - Parameter output: folder for the results, made where it is missing.
    init(output wanted: String) throws {
        let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(temporary)/iotpipe-demo.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw DemoFolders.failure(
                "make a folder in \(temporary)", remedy: "set TMPDIR to a folder that can be written")
        }
        work = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        cleaner = DemoFolders.startCleaner(of: work)

        var found: (path: String, lock: Int32, isNew: Bool)?
        do {
            for number in 1...100 where found == nil {
                let path = number == 1 ? wanted : "\(wanted)-\(number)"
                found = try DemoFolders.claim(path)
            }
        } catch {
            try? FileManager.default.removeItem(atPath: work)
            throw error
        }
        guard let found else {
            try? FileManager.default.removeItem(atPath: work)
            throw RoleError(.cannotCreate, "a hundred demos use \(wanted) already: choose another --output")
        }
        (output, lock, madeOutput) = (found.path, found.lock, found.isNew)
    }

    /// Copies a file of the working folder to the results.
    func keep(_ name: String) throws {
        let target = "\(output)/\(name)"
        try? FileManager.default.removeItem(atPath: target)
        do {
            try FileManager.default.copyItem(atPath: "\(work)/\(name)", toPath: target)
        } catch {
            throw RoleError(.ioFailure, "cannot copy \(name) to \(output): \(error)")
        }
    }

    /// Removes the working folder, and a results folder that was made here and is still empty.
    func remove() {
        try? FileManager.default.removeItem(atPath: work)
        cleaner?.signal(SIGKILL)
        cleaner?.wait()
        unlink("\(output)/.lock")
        if madeOutput { rmdir(output) }
        close(lock)
    }

    /// Starts a shell whose standard input ends with this process, however it ends. The children end with it too, but may
    /// still write a moment longer.
    private static func startCleaner(of folder: String) -> ChildProcess? {
        let script = "read -r line; for pause in 0 1 5; do sleep $pause; rm -rf \"$1\"; done"
        return try? ChildProcess(
            name: "cleaner", executable: "/bin/sh", arguments: ["-c", script, "iotpipe-demo-cleaner", folder],
            environment: [:], log: "/dev/null")
    }

    /// - Returns: nil where another demo uses the folder.
    private static func claim(_ path: String) throws -> (path: String, lock: Int32, isNew: Bool)? {
        let isNew = mkdir(path, 0o777) == 0
        guard isNew || errno == EEXIST else {
            throw failure("make the folder \(path)", remedy: "choose another with --output")
        }
        let lock = open("\(path)/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw failure("write in \(path)", remedy: "choose another folder with --output")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            return nil
        }
        return (path, lock, isNew)
    }

    private static func failure(_ what: String, remedy: String) -> RoleError {
        RoleError(.cannotCreate, "cannot \(what): \(String(cString: strerror(errno))); \(remedy)")
    }
}
