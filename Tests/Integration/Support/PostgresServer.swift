import Foundation
import Postgres

/// A PostgreSQL that can be stopped as a crash stops it, and started again with what it had committed.
final class PostgresServer {
    /// How to connect.
    let conninfo: String
    private let folder: String
    private let programs: String

    init() throws {
        programs = try ServerPrograms().folder
        folder = "/tmp/iotpipe-pg-\(UUID().uuidString)"
        conninfo = "host=\(folder) port=5432 user=iotpipe dbname=postgres"
        try run("install -d -m 700 '\(folder)'", asServer: false)
        if getuid() == 0 { try run("chown \(PostgresServer.user) '\(folder)'", asServer: false) }
        try run("'\(programs)/initdb' -D '\(folder)/data' -U iotpipe --auth=trust --no-sync -E UTF8 --locale=C")
        try start()
    }

    deinit {
        try? stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Starts it and waits until it answers.
    func start() throws {
        // Commits reach the kernel, which outlives the server: that is enough for a crash of the server alone.
        let settings = "-c fsync=off -c listen_addresses= -c unix_socket_directories=\(folder) -c port=5432"
        try run("'\(programs)/pg_ctl' -D '\(folder)/data' -l '\(folder)/log' -w -o '\(settings)' start")
    }

    /// Ends every session at once, without a checkpoint: the next start recovers.
    func stop() throws {
        try run("'\(programs)/pg_ctl' -D '\(folder)/data' -m immediate stop")
    }

    /// How many rows.
    func count(_ sql: String) throws -> Int {
        let connection = try Connection(conninfo, applicationName: "tests")
        return Int(try connection.query("SELECT count(*) FROM \(sql)")[0].int(0) ?? -1)
    }

    /// PostgreSQL refuses root.
    private static let user = Shell.run("id -u postgres").status == 0 ? "postgres" : "nobody"

    private func run(_ line: String, asServer: Bool = true) throws {
        let prefix =
            asServer && getuid() == 0
            ? "setpriv --reuid \(PostgresServer.user) --regid $(id -g \(PostgresServer.user)) --clear-groups " : ""
        // The server must not keep the pipe of this command open.
        let outcome = Shell.run("cd / && \(prefix)\(line) >'/tmp/iotpipe-pg-ctl.\(getpid())' 2>&1")
        guard outcome.status == 0 else {
            let output = (try? String(contentsOfFile: "/tmp/iotpipe-pg-ctl.\(getpid())", encoding: .utf8)) ?? ""
            throw KafkaServer.Failure(what: "\(line): \(output)")
        }
    }
}
