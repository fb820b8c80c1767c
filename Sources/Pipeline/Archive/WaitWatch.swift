import Postgres
import Telemetry
import Threads

/// Says in the log whom a connection waits for, about once a minute: detaching waits for every transaction that is older,
/// and an operator must be able to find the one that never ends.
final class WaitWatch {
    private let end = StopSignal()
    private var thread: OSThread?

    /// Watches until it is gone. Nothing is asked before the first interval has passed.
    ///
    /// - Parameters:
    ///   - process: the server's process of the connection.
    init(_ database: String?, process: Int32, logger: Logger, interval: Duration = .seconds(60)) {
        let end = self.end
        thread = OSThread(name: "wait-watch") {
            while !end.wait(until: MonotonicClock.deadline(after: interval)) {
                // A connection of its own each time: it is rare, and the database may go away meanwhile.
                guard let connection = try? Connection(database, applicationName: "iotpipe watch"),
                    let rows = try? connection.query(WaitWatch.blockers, [.int(Int64(process))])
                else { continue }
                for row in rows { logger.warning("waiting for \(WaitWatch.text(row))") }
            }
        }
    }

    deinit {
        end.request()
        thread?.join()
    }

    private static let blockers = """
        SELECT blocker, coalesce(application_name, ''), coalesce(usename, ''), coalesce(state, ''),
            coalesce(extract(epoch FROM now() - xact_start)::bigint, 0)
        FROM unnest(pg_blocking_pids($1)) AS blocker LEFT JOIN pg_stat_activity ON pid = blocker
        """

    private static func text(_ row: Row) -> String {
        let process = row[0] ?? ""
        guard process != "0" else {
            return "a prepared transaction: see pg_prepared_xacts, and commit it or roll it back"
        }
        return
            "server process \(process) (\(row[1] ?? "") of user \(row[2] ?? ""), \(row[3] ?? ""), in its transaction for "
            + "\(row[4] ?? "0") s): end that transaction, or SELECT pg_terminate_backend(\(process))"
    }
}
