import Foundation
import Postgres
import Testing
import Threads

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
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: fixture.folder.file("archive")).sorted()
                == ["archive-2026-03-01.json", "images-2026-03-01.csv.gz", "inferences-2026-03-01.csv.gz"])

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
        // Once more: the same, then again into the same folder.
        #expect(try fixture.restore(input: fixture.folder.file("archive"))[0].contains("there already"))
        try fixture.archive { $0.days = [fixture.day] }
        #expect(try fixture.state == .dropped)
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

    @Test func onlyOneArchivesAtATime() throws {
        let fixture = try ArchiveFixture()
        let other = try ArchiveSession.open(fixture.conninfo, name: "other", services: fixture.services)
        let error = try #require(thrown(RoleError.self) { try fixture.archive() })
        #expect(error.status == .temporaryFailure && error.message.contains("\(other.backendProcess)"))
    }

    // MARK: - Interrupted

    /// What a run that was killed left behind, by the state it had reached.
    @Test(arguments: ["exporting", "exported", "pending", "half", "detached"])
    func nextRunGoesOnFromWhereOneWasKilled(where point: String) throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        let before = try fixture.fingerprint()
        let output = ArchiveFolder(fixture.folder.file("archive"))
        var record = ArchivedDay(day: fixture.day, state: .exporting, export: UUID(), path: output.path)
        #expect(try fixture.days.mark(record))
        try output.create()
        let part = output.partPath(output.dataName(.images, fixture.day), export: record.export!)
        try output.write([1, 2, 3], to: part)
        if point != "exporting" {
            let files = DayExport(
                day: fixture.day, export: record.export!, folder: output, version: "", isResumed: false,
                connection: try ArchiveFixture.session(fixture), progress: {})
            let manifest = try files.run()
            try files.publish(manifest)
            record.state = point == "detached" ? .detached : .exported
            for table in ArchivedTable.allCases { record.digests[table] = manifest.digest(table) }
            try fixture.days.update(record)
        }
        switch point {
        case "pending":
            try fixture.detachInPart()
        case "half":
            try fixture.connection.execute("ALTER TABLE images DETACH PARTITION images_2026_03_01 CONCURRENTLY")
        case "detached":
            try PartitionCatalog(connection: fixture.connection).detach(fixture.day)
        default: break
        }
        let summary = try fixture.archive()
        #expect(summary.days.map(\.images) == [40])
        #expect(summary.text.contains("begun before"))
        #expect(try fixture.state == .dropped)
        #expect(!output.exists(part))
        #expect(try fixture.tables() == [])
        try fixture.restore()
        #expect(try fixture.fingerprint() == before)
    }

    @Test(arguments: ["exporting", "pending", "half", "detached"])
    func restoreTakesAnUnfinishedDayBack(from point: String) throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        let before = try fixture.fingerprint()
        let state: ArchivedDay.State =
            point == "detached" ? .detached : point == "exporting" ? .exporting : .exported
        #expect(try fixture.days.mark(ArchivedDay(day: fixture.day, state: state, export: UUID(), path: "/nowhere")))
        if point == "pending" { try fixture.detachInPart() }
        if point == "half" {
            try fixture.connection.execute("ALTER TABLE images DETACH PARTITION images_2026_03_01 CONCURRENTLY")
        }
        if point == "detached" { try PartitionCatalog(connection: fixture.connection).detach(fixture.day) }
        #expect(try fixture.restore()[0].contains("had not been dropped"))
        #expect(try fixture.fingerprint() == before)
        #expect(try fixture.state == nil)
        var partitions = DayPartitions()
        #expect(try partitions.ensure([fixture.day.number], on: fixture.connection, now: fixture.day.start).isEmpty)
    }

    @Test func filesThatWentMissingAreWrittenAgain() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        var record = ArchivedDay(day: fixture.day, state: .exported, export: UUID(), path: fixture.folder.file("gone"))
        #expect(try fixture.days.mark(record))
        for table in ArchivedTable.allCases { record.digests[table] = RowsDigest(rows: 1, sum: 1) }
        try fixture.days.update(record)
        #expect(try fixture.archive().days.map(\.images) == [40])
        #expect(try fixture.days.find(fixture.day)?.path == fixture.folder.file("archive"))
    }

    @Test func rowsChangedAfterTheExportAreExportedAgain() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        #expect(
            try fixture.days.mark(ArchivedDay(day: fixture.day, state: .exporting, export: UUID(), path: "/nowhere")))
        // Somebody who asks nobody, between export and detaching.
        try fixture.archive { $0.olderThan = .zero }
        #expect(try fixture.state == .dropped)
        try fixture.restore()
        let before = try fixture.fingerprint()
        var record = try ArchivedDay(
            day: fixture.day, state: .exported, export: UUID(), path: fixture.folder.file("archive"),
            digests: [
                .images: RowsDigest(
                    of: "images_2026_03_01", columns: ArchivedColumn.all(of: "images", on: fixture.connection),
                    on: fixture.connection), .inferences: RowsDigest(),
            ])
        #expect(try fixture.days.mark(record))
        let manifest = try #require(try ArchiveFolder(record.path!).manifest(fixture.day))
        record.digests[.images] = manifest.digest(.images)
        record.digests[.inferences] = manifest.digest(.inferences)
        record.export = manifest.export
        try fixture.days.update(record)
        try fixture.connection.execute("DELETE FROM images WHERE kafka_offset = 7")
        #expect(try fixture.archive().days.map(\.images) == [39])
        #expect(fixture.log.text.contains("changed after their export"))
        try fixture.restore()
        #expect(try fixture.fingerprint() != before)
        #expect(try fixture.connection.query("SELECT count(*) FROM images")[0].int(0) == 39)
    }

    // MARK: - Writers

    @Test func archiverWaitsForATransactionThatStoresRowsOfTheDay() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill(rows: 2)
        let writer = try Connection(fixture.conninfo, applicationName: "writer")
        var outcome: Result<ArchiveSummary, any Error>?
        let done = Monitor<Result<ArchiveSummary, any Error>?>(nil)
        let options = fixture.options()
        let services = fixture.services
        var thread: OSThread?
        try writer.transaction {
            #expect(try DayPartitions().lockAndCheck([fixture.day.number], on: writer).isEmpty)
            thread = OSThread(name: "archive") {
                let result = Result { try ArchiveRole(options: options, services: services).run() }
                done.update { $0 = result }
            }
            try Wait.until("the archiver waits") {
                try fixture.connection.query(
                    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = \(DayPartitions.lockSpace)"
                ).isEmpty == false
            }
            try writer.execute(
                """
                INSERT INTO images SELECT gen_random_uuid(), 'late', captured_at + interval '1 us', NULL, png, '', 0, 0
                FROM images LIMIT 1
                """
            )
        }
        thread?.join()
        outcome = done.read { $0 }
        #expect(try outcome?.get().days.map(\.images) == [3])
        // From now on nobody stores rows of that day, nor makes its partition.
        let archived = try writer.transaction {
            try DayPartitions().lockAndCheck([fixture.day.number, fixture.day.number + 1], on: writer)
        }
        #expect(archived == [fixture.day.number])
        var partitions = DayPartitions()
        #expect(try partitions.ensure([fixture.day.number], on: writer).archived == [fixture.day.number])
        #expect(try fixture.tables() == [])
    }

    @Test func aStopEndsItAndLeavesNothingBehind() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        fixture.stop.request()
        #expect(thrown(RoleError.self) { try fixture.archive() }?.status == .temporaryFailure)
        #expect(try fixture.state == nil)
    }
}

extension ArchiveFixture {
    /// A session as archive has it.
    static func session(_ fixture: ArchiveFixture) throws -> Connection {
        try ArchiveSession.open(fixture.conninfo, name: "tests", services: fixture.services)
    }

    /// Interrupts detaching while it waits for a reader, which leaves it pending.
    func detachInPart() throws {
        let reader = try Connection(conninfo, applicationName: "reader")
        let detacher = try Connection(conninfo, applicationName: "detacher")
        let canceller = try detacher.canceller()
        try reader.transaction {
            try reader.execute("SELECT count(*) FROM images")
            let database = conninfo
            let thread = OSThread(name: "cancel") {
                let watcher = try? Connection(database, applicationName: "watcher")
                Wait.until("detaching is pending") {
                    (try? watcher?.query("SELECT 1 FROM pg_inherits WHERE inhdetachpending"))?.isEmpty == false
                }
                canceller.cancel()
            }
            #expect(throws: PostgresError.self) {
                try detacher.execute("ALTER TABLE images DETACH PARTITION images_2026_03_01 CONCURRENTLY")
            }
            thread.join()
        }
        #expect(try PartitionCatalog(connection: connection).attachment(.images, day) == .pending)
    }
}
