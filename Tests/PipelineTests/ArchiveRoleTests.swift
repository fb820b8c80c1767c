import Foundation
import Postgres
import Testing

@testable import Pipeline

@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct ArchiveRoleTests {
    @Test func archivedDayComesBackAsItWas() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        try fixture.fill(UTCDay(date: "2026-03-02"), rows: 3)
        let before = try fixture.fingerprint()
        let names = try fixture.tables()

        let summary = try fixture.archive { $0.days = [fixture.day] }
        #expect(summary.days.map(\.images) == [40] && summary.days.map(\.inferences) == [80])
        #expect(try fixture.connection.query("SELECT count(*) FROM images")[0].int(0) == 3)
        #expect(try fixture.tables() == ["images_2026_03_02", "inferences_2026_03_02"])
        #expect(try fixture.state == .dropped)
        #expect(fixture.archived == ArchiveFixture.names)

        try fixture.restore()
        #expect(try fixture.fingerprint() == before)
        #expect(try fixture.tables() == names)
        #expect(try fixture.state == nil)
        // As persist makes it.
        let partition = try fixture.connection.query(
            "SELECT reloptions::text, (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c') "
                + "FROM pg_class c WHERE relname = 'images_2026_03_01'")[0]
        #expect(partition[0] == "{toast_tuple_target=8160}" && partition.int(1) == 0)
        let storage = try fixture.connection.query(
            "SELECT attstorage::text FROM pg_attribute WHERE attrelid = 'images_2026_03_01'::regclass AND attname = 'png'"
        )
        #expect(storage[0][0] == "e")
        // Once more: the same, then again into the same folder, whose files are used as they are.
        #expect(try fixture.restore(input: fixture.folder.file("archive"))[0].contains("there already"))
        let files = try VerifiedFiles(
            #require(try fixture.output.manifest(fixture.day)), in: fixture.output)
        try fixture.archive { $0.days = [fixture.day] }
        #expect(try fixture.state == .dropped)
        #expect(files.areUnchanged(fixture.day))
        // And once more.
        let again = try fixture.archive { $0.days = [fixture.day] }
        #expect(
            again.text.contains("2026-03-01  is archived already: its files were written to \(fixture.output.path)"))
        #expect(again.status == .success)
    }

    @Test func wholeDaysOlderThanThatAreTakenTheEarliestFirst() throws {
        let fixture = try ArchiveFixture()
        let today = DayPartitions.day(of: .now)
        for back in [Int64(0), 29, 30, 31, 40] { try fixture.fill(UTCDay(today - back), rows: 2) }
        let summary = try fixture.archive()
        #expect(summary.days.map(\.day) == [UTCDay(today - 40), UTCDay(today - 31)])
        #expect(try fixture.archive().text == "no day to archive")
        #expect(try fixture.connection.query("SELECT count(*) FROM images")[0].int(0) == 6)
    }

    @Test func dryRunChangesNothing() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        let before = try fixture.fingerprint()
        let summary = try fixture.archive { $0.isDryRun = true }
        #expect(summary.days.map(\.images) == [40] && summary.days.map(\.inferences) == [80])
        #expect(summary.text.contains("nothing was changed"), "\(summary.text)")
        #expect(try fixture.fingerprint() == before)
        #expect(try fixture.state == nil)
        #expect(fixture.folder.contents.isEmpty)
    }

    @Test func daysThatCannotBeArchivedAreRefused() throws {
        let fixture = try ArchiveFixture()
        func status(_ day: UTCDay) -> Pipeline.ExitStatus? {
            thrown(RoleError.self) { try fixture.archive { $0.days = [day] } }?.status
        }
        #expect(status(UTCDay(DayPartitions.day(of: .now))) == .usage)
        #expect(status(fixture.day) == .badData)
        let empty = try ArchiveFixture()
        try empty.connection.execute("DROP TABLE schema_migrations")
        #expect(thrown(RoleError.self) { try empty.archive() }?.status == .badData)
    }

    @Test func aDayThatIsRefusedDoesNotKeepOthersFromIt() throws {
        let fixture = try ArchiveFixture()
        let days = ["2026-03-01", "2026-03-02", "2026-03-03"].map { UTCDay(date: $0)! }
        for day in days { try fixture.fill(day, rows: 2) }
        try fixture.output.create()
        try fixture.output.write([1], to: fixture.output.file(fixture.output.dataName(.images, days[0])))
        try fixture.connection.execute("CREATE VIEW mine AS SELECT image_id FROM inferences_2026_03_02")
        for isDryRun in [true, false] {
            let summary = try fixture.archiveAll { $0.isDryRun = isDryRun }
            #expect(summary.days.map(\.day) == [days[2]])
            #expect(summary.failures.map(\.day) == [days[0], days[1]])
            #expect(summary.status == .cannotCreate)
            let text = summary.text
            #expect(text.contains("2026-03-01  \(isDryRun ? "cannot be" : "was not") archived: "), "\(text)")
            #expect(text.contains("view mine on inferences_2026_03_02"), "\(text)")
            #expect(ExitStatus(of: summary.failures[1].error) == .badData)
        }
        #expect(try fixture.tables().count == 4)
        #expect(try fixture.state == nil)
    }

    @Test func whatDependsOnAPartitionIsFound() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill(rows: 2)
        let catalog = PartitionCatalog(connection: fixture.connection)
        // None of these: views on the whole tables, and what goes with a partition.
        try fixture.connection.execute(
            """
            CREATE VIEW all_of_it AS SELECT id FROM images;
            CREATE INDEX ON images_2026_03_01 (label);
            ALTER TABLE images_2026_03_01 ADD CHECK (kafka_offset >= 0), ALTER COLUMN label SET DEFAULT 'x'
            """)
        #expect(try catalog.dependents(of: fixture.day) == [])
        try fixture.connection.execute(
            """
            CREATE MATERIALIZED VIEW one AS SELECT id FROM images_2026_03_01;
            CREATE TABLE two (at timestamptz, id uuid, FOREIGN KEY (at, id) REFERENCES images_2026_03_01);
            CREATE FUNCTION three(inferences_2026_03_01) RETURNS int LANGUAGE sql AS 'SELECT 1'
            """)
        let found = try catalog.dependents(of: fixture.day).joined(separator: ", ")
        for name in ["materialized view one", "constraint two_at_id_fkey", "function three"] {
            #expect(found.contains(name), "\(found)")
        }
    }

    @Test func onlyOneArchivesAtATime() throws {
        let fixture = try ArchiveFixture()
        let other = try ArchiveSession.open(fixture.conninfo, name: "other", services: fixture.services)
        let error = try #require(thrown(RoleError.self) { try fixture.archive() })
        #expect(error.status == .temporaryFailure && error.message.contains("\(other.backendProcess)"))
    }
}
