import Postgres
import Testing

@testable import Pipeline

@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct ArchiveSessionTests {
    @Test func settingsOfTheDatabaseDoNotCount() throws {
        let fixture = try ArchiveFixture()
        let name = try #require(try fixture.connection.query("SELECT quote_ident(current_database())")[0][0])
        var settings = ["bytea_output": "escape", "extra_float_digits": "-15", "statement_timeout": "5min"]
        settings["lock_timeout"] = "5min"
        settings["idle_session_timeout"] = "5min"
        if fixture.connection.serverVersion >= 170_000 { settings["transaction_timeout"] = "5min" }
        for (setting, value) in settings {
            try fixture.connection.execute("ALTER DATABASE \(name) SET \(setting) TO '\(value)'")
        }
        let session = try ArchiveSession.open(fixture.conninfo, name: "tests", services: fixture.services)
        for setting in settings.keys where setting.hasSuffix("timeout") {
            #expect(try session.query("SHOW \(setting)")[0][0] == "0", "\(setting)")
        }
        #expect(try session.query("SHOW bytea_output")[0][0] == "hex")
        #expect(try session.query("SHOW extra_float_digits")[0][0] == "1")
    }

    @Test func keepalivesNoticeAClientThatIsGone() throws {
        let cluster = try TemporaryCluster(tcp: .freePort)
        let conninfo = try #require(cluster.tcpConninfo)
        try Migrator(Schema.migrations).run(on: Connection(conninfo, applicationName: "tests"))
        let services = RoleServices(logger: LogLines().logger)
        let session = try ArchiveSession.open(conninfo, name: "tests", services: services)
        // Through a Unix socket there are none.
        for (setting, value) in [("idle", "10"), ("interval", "5"), ("count", "3")] {
            #expect(try session.query("SHOW tcp_keepalives_\(setting)")[0][0] == value)
        }
    }

    @Test func oldServersAreRefused() {
        let error = thrown(RoleError.self) { try ArchiveSession.checkVersion(130_014, at: "here") }
        #expect(error?.status == .badData && error?.message.contains("PostgreSQL 13") == true)
        #expect(throws: Never.self) { try ArchiveSession.checkVersion(140_000, at: "here") }
    }
}
