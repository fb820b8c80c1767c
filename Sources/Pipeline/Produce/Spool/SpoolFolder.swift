import FoundationEssentials
import Glibc

/// The folder of a spool: its lock and its segments, which are numbered in the order in which they were made.
final class SpoolFolder: Sendable {
    /// A segment that was there before.
    struct Segment: Sendable {
        let path: String
        let size: Int
    }

    /// The folder's path.
    let path: String
    /// The segments of earlier runs, oldest first.
    let segments: [Segment]
    /// Files of earlier runs that are not sent: damaged, or refused by the broker.
    let aside: [String]
    /// The number of the first segment that this run makes: none that was put aside has it.
    let nextNumber: Int
    private let lock: Int32

    /// Takes the folder, and makes it where it is missing.
    ///
    /// - Throws: `RoleError` (73) where it cannot be made or another producer uses it.
    init(path: String) throws(RoleError) {
        self.path = path
        let isNew = mkdir(path, 0o700) == 0
        guard isNew || errno == EEXIST else { throw SpoolFolder.failure("make", path) }
        lock = open("\(path)/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw SpoolFolder.failure("write in", path) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw RoleError(
                .cannotCreate,
                "another producer uses the spool \(path): give each one its own folder with --spool, or wait for its end"
            )
        }
        var names: [String] = []
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw RoleError(.ioFailure, "cannot read the spool \(path): \(error)")
        }
        var (segments, aside, last): ([Segment], [String], Int) = ([], [], 0)
        for (name, number) in names.compactMap({ name in SpoolFolder.number(of: name).map { (name, $0) } })
            .sorted(by: { ($0.1, $0.0) < ($1.1, $1.0) })
        {
            last = number
            guard name.hasSuffix(".spool") else {
                aside.append("\(path)/\(name)")
                continue
            }
            var status = stat()
            guard stat("\(path)/\(name)", &status) == 0 else { continue }
            segments.append(Segment(path: "\(path)/\(name)", size: Int(status.st_size)))
        }
        (self.segments, self.aside, nextNumber) = (segments, aside, last + 1)
        if isNew { try SpoolFolder.synchronize("\(path)/..") }
    }

    deinit { close(lock) }

    /// The path of a segment by its number.
    func segment(_ number: Int) -> String {
        let digits = String(number)
        return "\(path)/segment-\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).spool"
    }

    /// Lets another producer have the folder.
    func release() {
        flock(lock, LOCK_UN)
    }

    /// Makes the names of new files outlive a power cut.
    func synchronize() throws(RoleError) {
        try SpoolFolder.synchronize(path)
    }

    private static func synchronize(_ folder: String) throws(RoleError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SpoolFile.failure("synchronize", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SpoolFile.failure("synchronize", folder) }
    }

    /// The number of a segment, also of one that was put aside.
    private static func number(of name: String) -> Int? {
        guard name.hasPrefix("segment-") else { return nil }
        let rest = name.dropFirst(8)
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        let end = rest.dropFirst(digits.count)
        guard end == ".spool" || end.hasPrefix(".spool.") else { return nil }
        return Int(digits)
    }

    private static func failure(_ what: String, _ path: String) -> RoleError {
        RoleError(
            .cannotCreate,
            "cannot \(what) the spool \(path): \(String(cString: strerror(errno))); choose a folder that may be written to"
        )
    }
}
