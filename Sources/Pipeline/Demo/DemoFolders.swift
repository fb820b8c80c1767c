import FoundationEssentials
import Glibc

/// Where a demo works and where it leaves its results. The working folder goes at the end, the results stay.
final class DemoFolders {
    /// Logs, sockets and CSV files while it runs.
    var work: String { folder.path }
    /// Where pictures and CSV files are left: as asked for, or with a number where another demo is using that.
    let output: String
    private let lock: Int32
    private let madeOutput: Bool
    private let folder: WorkFolder

    /// - Parameter output: folder for the results, made where it is missing.
    init(output wanted: String) throws {
        folder = try WorkFolder(name: "iotpipe-demo")
        var found: (path: String, lock: Int32, isNew: Bool)?
        do {
            for number in 1...100 where found == nil {
                let path = number == 1 ? wanted : "\(wanted)-\(number)"
                found = try DemoFolders.claim(path)
            }
        } catch {
            folder.remove()
            throw error
        }
        guard let found else {
            folder.remove()
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
        folder.remove()
        unlink("\(output)/.lock")
        if madeOutput { rmdir(output) }
        close(lock)
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
