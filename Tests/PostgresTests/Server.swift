import Foundation
import Postgres
import Testing
import Threads

/// The one temporary cluster that this target's tests share. It ends with the test process.
enum Server {
    /// Whether this machine has what a cluster needs; the tests are skipped where it has not.
    static var isInstalled: Bool { (try? ServerPrograms()) != nil }

    private static let shared = Result { () throws(PostgresError) in try TemporaryCluster(tcp: .freePort) }

    static func cluster() throws -> TemporaryCluster { try shared.get() }

    static func connect(onNotice: @escaping (Notice) -> Void = { _ in }) throws -> Connection {
        try Connection(try cluster().conninfo, applicationName: "tests", onNotice: onNotice)
    }

    /// A connection to an empty database of its own.
    static func connectToNewDatabase() throws -> (connection: Connection, conninfo: String) {
        let name = "db_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
        try connect().execute("CREATE DATABASE \(name)")
        let conninfo = try cluster().conninfo + " dbname=\(name)"
        return (try Connection(conninfo, applicationName: "tests"), conninfo)
    }

    /// The `PostgresError` that `body` throws.
    static func error(_ body: () throws -> Void) throws -> PostgresError {
        do {
            try body()
        } catch let error as PostgresError {
            return error
        }
        throw NoError()
    }

    struct NoError: Error {}

    /// Waits until `condition` holds.
    ///
    /// - Returns: false where it does not after a minute.
    static func wait(until condition: () -> Bool) -> Bool {
        let deadline = MonotonicClock.deadline(after: .seconds(60))
        while !condition() {
            guard MonotonicClock.now < deadline else { return false }
            MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(10)))
        }
        return true
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips where there is no PostgreSQL server to start.
    static var needsServer: ConditionTrait {
        .enabled(if: Server.isInstalled, "PostgreSQL's server programs (initdb, postgres) are not on this machine")
    }
}
