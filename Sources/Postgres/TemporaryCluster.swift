import FoundationEssentials
import Glibc
import Synchronization
import Threads

/// A private PostgreSQL in a temporary folder, for trying out and for tests: gone with its owner, however that ends.
///
/// It is reached through a Unix socket in its own folder, which only its user can open, and on request through loopback
/// TCP with a password. Two clusters never meet. When the owner is root the server runs as `postgres`, else as `nobody`,
/// since PostgreSQL refuses root.
///
/// It is fast and forgets everything in a crash: `fsync`, `synchronous_commit` and `full_page_writes` are off, and the
/// log needed for replicas is not written (`wal_level=minimal`). Never compare its speed with a real server's.
public final class TemporaryCluster: Sendable {
    /// Whether the cluster can be reached through TCP on 127.0.0.1.
    public enum TCP: Sendable, Equatable {
        /// Through its Unix socket alone.
        case off
        /// On a port that is free now.
        case freePort
        /// On this port.
        case port(UInt16)
    }

    /// The user, a superuser, and the empty database that are there at the start.
    public static let user = "iotpipe"

    /// Where everything of the cluster lies, its log too; removed at the end.
    public let folder: String
    /// The folder of the Unix socket, a path short enough for one.
    public let socketFolder: String
    /// The TCP port, which the socket's name has too.
    public let port: UInt16
    /// How to connect through the Unix socket, as `Connection` and psql take it. No password needed.
    public let conninfo: String
    /// How to connect through TCP, password included; nil where TCP is off.
    public let tcpConninfo: String?

    private let supervisor: ClusterSupervisor

    /// Makes a cluster and waits until it answers: about two seconds, most of them initdb's.
    ///
    /// - Parameters:
    ///   - parent: the folder to make its folder in; nil takes TMPDIR, else /tmp. The server's user must be able to
    ///     enter it.
    ///   - tcp: whether to listen on 127.0.0.1 as well.
    ///   - settings: further server settings, over the ones for speed.
    /// - Throws: `.serverMissing`; `.cluster` with the end of the server's log.
    public init(
        in parent: String? = nil, tcp: TCP = .off, settings: KeyValuePairs<String, String> = [:]
    ) throws(PostgresError) {
        let programs = try ServerPrograms()
        let user = try ServerUser()
        let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // A reserved port stays ours until the server has taken it.
        let reservation = try PortReservation(tcp)
        defer { reservation?.release() }
        port = reservation?.port ?? 5432

        folder = try TemporaryCluster.makeFolder(in: parent ?? temporary, for: user)
        socketFolder =
            TemporaryCluster.canHoldSocket(folder) ? folder : try TemporaryCluster.makeFolder(in: "/tmp", for: user)
        let password = (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
        conninfo = "host=\(socketFolder) port=\(port) user=\(TemporaryCluster.user) dbname=\(TemporaryCluster.user)"
        tcpConninfo =
            tcp == .off
            ? nil : "postgresql://\(TemporaryCluster.user):\(password)@127.0.0.1:\(port)/\(TemporaryCluster.user)"

        var all = TemporaryCluster.speed
        all += [
            ("port", "\(port)"), ("unix_socket_directories", socketFolder),
            ("listen_addresses", tcp == .off ? "" : "127.0.0.1"),
        ]
        all += settings.map { ($0.key, $0.value) }
        supervisor = try ClusterSupervisor(
            folder: folder, socketFolder: socketFolder, programs: programs, user: user, password: password,
            superuser: TemporaryCluster.user, settings: all)
        try waitUntilReady()
    }

    deinit { stop() }

    /// A command line that opens psql on it.
    public var psqlCommand: String { "psql '\(conninfo)'" }

    /// The server's process, for tests that kill it; nil where it is not running.
    public var serverProcess: Int32? {
        let lines = TemporaryCluster.text(of: folder + "/data/postmaster.pid")?.split(separator: "\n")
        return lines?.first.flatMap { Int32($0) }
    }

    /// Ends the server (fast shutdown: sessions are cut, nothing waits for them), waits for it, and removes the folder.
    /// Any later call does nothing.
    public func stop() {
        supervisor.stop()
    }

    // MARK: Settings

    /// What makes it fast and small, at the price of forgetting everything in a crash.
    private static let speed = [
        ("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off"), ("wal_level", "minimal"),
        ("max_wal_senders", "0"), ("max_wal_size", "2GB"), ("checkpoint_timeout", "1h"), ("shared_buffers", "128MB"),
        ("max_connections", "60"), ("jit", "off"),
        // In the cluster's folder, so that nothing is left in /dev/shm.
        ("dynamic_shared_memory_type", "mmap"),
        ("timezone", "UTC"), ("log_timezone", "UTC"), ("lc_messages", "C"),
    ]

    // MARK: Starting

    private func waitUntilReady() throws(PostgresError) {
        // Generous: a crowded machine may take a while; a server that has failed shows at once.
        let deadline = MonotonicClock.deadline(after: .seconds(120))
        while !isReady {
            let exited = TemporaryCluster.text(of: folder + "/exited") != nil || !supervisor.isRunning
            guard !exited, MonotonicClock.now < deadline else {
                let log = (TemporaryCluster.text(of: folder + "/log") ?? "").split(separator: "\n").suffix(4)
                    .joined(separator: " / ")
                stop()
                throw PostgresError(
                    .cluster,
                    "the temporary PostgreSQL in \(folder) did not start\(exited ? "" : " in 120 s"): \(log). Check free "
                        + "space and that the server's user can enter that folder, or name a database with --database")
            }
            MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(10)))
        }
        let administration = "host=\(socketFolder) port=\(port) user=\(TemporaryCluster.user) dbname=postgres"
        try Connection(administration, applicationName: "iotpipe").execute("CREATE DATABASE \(TemporaryCluster.user)")
    }

    /// The server's own word, on the last line of its process file.
    private var isReady: Bool {
        TemporaryCluster.text(of: folder + "/data/postmaster.pid")?.split(separator: "\n").last?.hasPrefix("ready")
            == true
    }

    private static func makeFolder(in parent: String, for user: ServerUser) throws(PostgresError) -> String {
        var template = Array("\(parent)/iotpipe-pg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw PostgresError(
                .cluster,
                "cannot make a folder in \(parent): \(String(cString: strerror(errno))). Set TMPDIR to another")
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if let id = user.switchTo { chown(folder, id.user, id.group) }
        return folder
    }

    /// A socket's path has 107 bytes at most. Characters that would need quoting, each in its own way, in the server's
    /// settings, in connection strings and in a shell are avoided too.
    private static func canHoldSocket(_ folder: String) -> Bool {
        folder.utf8.count + "/.s.PGSQL.65535.lock".utf8.count < 100
            && folder.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-".contains($0)) }
    }

    private static func text(of path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
