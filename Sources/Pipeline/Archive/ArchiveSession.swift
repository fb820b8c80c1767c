import Postgres
import Telemetry
import Threads

/// A connection for archiving: its tables are there, and nobody else archives or restores meanwhile.
enum ArchiveSession {
    /// The advisory lock of archive and restore: "iota" in ASCII, and 0.
    static let lockSpace: Int32 = 0x69_6F_74_61

    /// Connects.
    ///
    /// - Parameters:
    ///   - changesNothing: takes no lock, and refuses tables that would have to be migrated.
    /// - Throws: `RoleError`: 65 where the database has no tables of iotpipe, 75 where another one is at work.
    static func open(
        _ database: String?, name: String, services: RoleServices, changesNothing: Bool = false
    ) throws -> Connection {
        let connection = try Connection(database, applicationName: name)
        try checkVersion(connection.serverVersion, at: connection.endpoint)
        // What the files have must not depend on the database's settings, and a long statement is no fault.
        try connection.execute(
            """
            SET bytea_output TO hex; SET extra_float_digits TO 1; SET statement_timeout TO 0; SET lock_timeout TO 0;
            SET idle_in_transaction_session_timeout TO 0; SET idle_session_timeout TO 0;
            SET tcp_keepalives_idle TO 10; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3
            """)
        // A server whose client was killed ends its statement, and with it the locks. Not every system can do that.
        _ = try? connection.execute("SET client_connection_check_interval TO '1s'")
        if connection.serverVersion >= 170_000 { try connection.execute("SET transaction_timeout TO 0") }
        let migrator = Migrator(Schema.migrations)
        let pending = try migrator.pending(on: connection)
        guard pending.count < Schema.migrations.count else {
            throw RoleError(
                .badData, "\(connection.endpoint) has no tables of iotpipe: name its database with --database")
        }
        guard !changesNothing else {
            if !pending.isEmpty {
                throw RoleError(
                    .badData,
                    "\(connection.endpoint) lacks the migrations \(pending.joined(separator: ", ")): persist applies them"
                )
            }
            return connection
        }
        let applied = try migrator.run(on: connection)
        if !applied.isEmpty { services.logger.info("migrations applied", ["names": applied.joined(separator: ",")]) }
        try lock(connection)
        if let canceller = try? connection.canceller() { services.stop.onRequest { canceller.cancel() } }
        return connection
    }

    /// Refuses servers that cannot detach a partition without keeping everybody from its table.
    static func checkVersion(_ version: Int, at endpoint: String) throws(RoleError) {
        guard version < 140_000 else { return }
        throw RoleError(
            .badData,
            "\(endpoint) is PostgreSQL \(version / 10_000): archive and restore need 14 or later, for DETACH PARTITION "
                + "CONCURRENTLY. Upgrade the server")
    }

    /// Takes the lock, which the session holds to its end. One that was killed a moment ago may still have it.
    private static func lock(_ connection: Connection) throws {
        let deadline = MonotonicDeadline(after: .seconds(3))
        while try connection.query("SELECT pg_try_advisory_lock(\(lockSpace), 0)")[0].bool(0) != true {
            if deadline.hasPassed {
                let holder = try connection.query(
                    """
                    SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database AND datname = current_database()
                    WHERE locktype = 'advisory' AND classid = \(lockSpace) AND granted AND objsubid = 2
                    """
                ).first?[0]
                throw RoleError(
                    .temporaryFailure,
                    "another archive or restore is at work in this database (server process \(holder ?? "gone")): "
                        + "try again when it has ended")
            }
            MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(100)))
        }
    }
}
