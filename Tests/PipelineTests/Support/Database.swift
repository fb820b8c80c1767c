import Foundation
import Postgres

/// A database of a test's own, on one temporary server that the tests share, and a way to take it away for a while.
final class Database {
    /// Whether this machine has what it needs; the tests are skipped where it has not.
    static var isInstalled: Bool { (try? ServerPrograms()) != nil }

    private static let shared = Result { () throws(PostgresError) in try TemporaryCluster() }

    /// How the roles connect.
    let conninfo: String
    /// The tests' own connection.
    let connection: Connection
    private let user: String

    init() throws {
        let cluster = try Database.shared.get()
        let name = "test_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
        user = name
        try Connection(cluster.conninfo, applicationName: "tests").execute(
            "CREATE ROLE \(name) LOGIN")
        try Connection(cluster.conninfo, applicationName: "tests").execute("CREATE DATABASE \(name) OWNER \(name)")
        conninfo = cluster.conninfo + " dbname=\(name) user=\(name)"
        connection = try Connection(cluster.conninfo + " dbname=\(name)", applicationName: "tests")
    }

    /// Cuts the roles' connections and refuses new ones, as a server does that is away.
    func takeAway() throws {
        try connection.execute("ALTER ROLE \(user) CONNECTION LIMIT 0")
        try connection.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '\(user)'")
    }

    /// Lets the roles connect again.
    func bringBack() throws {
        try connection.execute("ALTER ROLE \(user) CONNECTION LIMIT -1")
    }

    /// How many rows; 0 while the table is not made.
    func count(_ sql: String) throws -> Int {
        do {
            return Int(try connection.query("SELECT count(*) FROM \(sql)")[0].int(0) ?? -1)
        } catch {
            guard error.code == .undefinedObject else { throw error }
            return 0
        }
    }
}
