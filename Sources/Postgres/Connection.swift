import CPQ
import Glibc
import Threads

/// A connection to PostgreSQL. Every call blocks, so it belongs on a thread of its own, one at a time.
///
/// It never connects again by itself: what was under way is lost with it, and only its owner knows what to repeat.
/// A session speaks UTF-8, UTC and ISO dates, and its transactions are READ COMMITTED, whatever the server's settings.
public final class Connection {
    let handle: OpaquePointer
    private let notices: NoticeReceiver
    private var preparedCount = 0
    var savepointDepth = 0

    /// Connects.
    ///
    /// A server that does not answer is given up after `connect_timeout` (10 s where it is not set), and one that has
    /// gone silent is noticed within half a minute, by TCP keepalives and `tcp_user_timeout`.
    ///
    /// - Parameters:
    ///   - conninfo: URL, `key=value` pairs or a database's name, as for psql. nil or empty takes DATABASE_URL; where
    ///     that is not set either, PG* variables and libpq's defaults.
    ///   - applicationName: shown in pg_stat_activity, unless the connection string or PGAPPNAME names another.
    ///   - onNotice: called with the server's notices and warnings, on the calling thread, while a call is under way.
    /// - Throws: `.configuration`, `.unreachable`, `.authentication`, `.noSuchDatabase`, `.permission`, `.unavailable`,
    ///   `.tooManyConnections`.
    public init(
        _ conninfo: String? = nil, applicationName: String, onNotice: @escaping (Notice) -> Void = { _ in }
    ) throws(PostgresError) {
        let target = try ConnectionString(conninfo)
        notices = NoticeReceiver(onNotice)
        handle = try Connection.start(target, applicationName: applicationName)
        notices.install(on: handle)
        // Before the first answer: with it libpq tells the SQLSTATE of a refusal.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        try finishConnecting()
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        try execute(
            """
            SET TimeZone TO 'UTC'; SET DateStyle TO ISO; SET IntervalStyle TO iso_8601;
            SET default_transaction_isolation TO 'read committed'
            """)
    }

    deinit { PQfinish(handle) }

    // MARK: What it is connected to

    /// The server's version as a number: 150016 for 15.16, 170002 for 17.2.
    public var serverVersion: Int { Int(PQserverVersion(handle)) }

    /// The server's process for this session.
    public var backendProcess: Int32 { PQbackendPID(handle) }

    /// "DATABASE on HOST, port N as USER" for log lines; no password.
    public var endpoint: String {
        "\(String(cString: PQdb(handle))) on \(PostgresError.place(of: handle)) as \(String(cString: PQuser(handle)))"
    }

    /// False once the connection is known to be broken. That shows only when a call fails.
    public var isUsable: Bool { PQstatus(handle) == CONNECTION_OK }

    /// What cancels this connection's statements from another thread.
    ///
    /// - Throws: `.connectionLost`.
    public func canceller() throws(PostgresError) -> Canceller {
        guard let canceller = Canceller(handle) else {
            throw PostgresError(.connectionLost, "the connection to PostgreSQL is closed: nothing can be cancelled")
        }
        return canceller
    }

    func nextStatementName() -> String {
        preparedCount += 1
        return "iotpipe_\(preparedCount)"
    }

    // MARK: Connecting

    private static func start(_ target: ConnectionString, applicationName: String) throws(PostgresError)
        -> OpaquePointer
    {
        // What comes later wins: the connection string over our defaults, the encoding over the connection string.
        let parameters = [
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "15000"), ("fallback_application_name", applicationName), ("dbname", target.text),
            ("client_encoding", "UTF8"),
        ]
        var keywords = parameters.map { UnsafePointer(strdup($0.0)) } + [nil]
        var values = parameters.map { UnsafePointer(strdup($0.1)) } + [nil]
        defer { for text in keywords + values { free(UnsafeMutablePointer(mutating: text)) } }
        guard let handle = PQconnectStartParams(&keywords, &values, 1) else {
            throw PostgresError(.other, "out of memory while connecting to PostgreSQL")
        }
        return handle
    }

    private func finishConnecting() throws(PostgresError) {
        guard PQstatus(handle) != CONNECTION_BAD else { throw PostgresError(failedConnection: handle) }
        let options = PQconninfo(handle)
        let settings = ConnectionString.values(of: options)
        PQconninfoFree(options)
        // Each host in turn has its time. 0 and below mean for ever, as libpq has it.
        let perHost = settings["connect_timeout"].flatMap { Int($0) } ?? 10
        let hosts = (settings["hostaddr"] ?? settings["host"] ?? "").split(separator: ",").count
        let seconds = perHost * max(hosts, 1)
        let deadline = seconds > 0 ? MonotonicClock.deadline(after: .seconds(seconds)) : nil

        var direction = PGRES_POLLING_WRITING
        while direction != PGRES_POLLING_OK {
            guard direction != PGRES_POLLING_FAILED else { throw PostgresError(failedConnection: handle) }
            let events = Int16(direction == PGRES_POLLING_READING ? POLLIN : POLLOUT)
            var descriptor = pollfd(fd: PQsocket(handle), events: events, revents: 0)
            let now = MonotonicClock.now
            let left = deadline.map { $0 > now ? Int32(min(($0 - now) / 1_000_000 + 1, 1_000_000)) : 0 } ?? -1
            let ready = poll(&descriptor, 1, left)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else {
                throw PostgresError(
                    .unreachable,
                    "cannot connect to PostgreSQL at \(PostgresError.place(of: handle)): no answer in \(seconds) s. "
                        + "Check host, port and firewalls, or allow more time with connect_timeout")
            }
            direction = PQconnectPoll(handle)
        }
    }
}
