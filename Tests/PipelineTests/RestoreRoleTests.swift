import Foundation
import Postgres
import Testing
import Threads

@testable import Pipeline

/// restore where something is in its way.
@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct RestoreRoleTests {
    /// Files of a day, and an empty database.
    private func scene() throws -> (source: ArchiveFixture, target: ArchiveFixture) {
        let source = try ArchiveFixture()
        try source.fill(rows: 4)
        try source.archive()
        return (source, try ArchiveFixture())
    }

    private func tables(like pattern: String, _ fixture: ArchiveFixture) throws -> Int {
        try fixture.connection.query("SELECT 1 FROM pg_class WHERE relkind = 'r' AND relname LIKE '\(pattern)'").count
    }

    @Test func aFirstRestoreThatFailsLeavesNothingBehind() throws {
        let (source, target) = try scene()
        try target.connection.execute("ALTER TABLE images ADD CONSTRAINT few CHECK (kafka_offset < 2)")
        let error = thrown(PostgresError.self) { try target.restore(input: source.output.path) }
        #expect(error?.code == .constraintViolation)
        #expect(try target.state == nil)
        #expect(try tables(like: "restored%", target) == 0)
        // persist goes on as if it had not been tried.
        var partitions = DayPartitions()
        #expect(try partitions.ensure([target.day.number], on: target.connection, now: target.day.start).isEmpty)
    }

    @Test func aLaterOneThatFailsKeepsTheMark() throws {
        let (source, _) = try scene()
        try source.connection.execute("ALTER TABLE images ADD CONSTRAINT few CHECK (kafka_offset < 2)")
        #expect(thrown(PostgresError.self) { try source.restore() }?.code == .constraintViolation)
        #expect(try source.state == .dropped)
        #expect(try tables(like: "restored%", source) == 0)
        try source.connection.execute("ALTER TABLE images DROP CONSTRAINT few")
        try source.restore()
        #expect(try source.connection.query("SELECT count(*) FROM images")[0].int(0) == 4)
    }

    /// persist makes the day's partition while the files are read: it is not taken for missing.
    @Test func aPartitionThatIsMadeMeanwhileIsSeen() throws {
        let (source, target) = try scene()
        let writer = try Connection(target.conninfo, applicationName: "writer")
        let result = Monitor<Result<[String], any Error>?>(nil)
        var options = RestoreOptions(days: [target.day])
        options.database = target.conninfo
        options.input = source.output.path
        let (asked, services) = (options, target.services)
        var thread: OSThread?
        try writer.transaction {
            #expect(try DayPartitions().lockAndCheck([target.day.number], on: writer).isEmpty)
            thread = OSThread(name: "restore") {
                let outcome = Result { try RestoreRole(options: asked, services: services).run() }
                result.update { $0 = outcome }
            }
            try target.waitUntilSomebodyWaits("locktype = 'advisory' AND classid = \(DayPartitions.lockSpace)")
            for table in ArchivedTable.allCases {
                try writer.execute(
                    "CREATE TABLE \(table.partition(of: target.day)) PARTITION OF \(table) "
                        + ArchivedTable.bounds(of: target.day))
            }
        }
        thread?.join()
        // Its rows are not those of the files.
        let error = thrown(RoleError.self) { try result.read { $0 }?.get() }
        #expect(error?.status == .badData && error?.message.contains("nothing was changed") == true)
        #expect(try target.state == nil)
        #expect(try target.tables() == ["images_2026_03_01", "inferences_2026_03_01"])
    }

    @Test func theOwnerOfTheTablesOwnsThePartitionToo() throws {
        let (source, target) = try scene()
        let owner = "owner_\(UUID().uuidString.prefix(8).lowercased())"
        try target.connection.execute(
            """
            CREATE ROLE \(owner); GRANT CREATE ON SCHEMA public TO \(owner);
            ALTER TABLE images OWNER TO \(owner); ALTER TABLE inferences OWNER TO \(owner)
            """)
        try target.restore(input: source.output.path)
        let owners = try target.connection.query(
            "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relname ~ '_2026_03_01'")
        #expect(owners.map { $0[0] } == [owner])
        #expect(try target.constraints() == [])
    }
}
