import Foundation
import Postgres
import Testing
import Threads

@testable import Pipeline

/// Runs of archive that were cut off, and what the next one makes of them.
@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct ArchiveInterruptedTests {
    /// What a run that was killed left behind, by the state it had reached.
    @Test(arguments: ["exporting", "exported", "pending", "half", "detached"])
    func nextRunGoesOnFromWhereOneWasKilled(where point: String) throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        let before = try fixture.fingerprint()
        let output = fixture.output
        var record = ArchivedDay(day: fixture.day, state: .exporting, export: UUID(), path: output.path)
        #expect(try fixture.days.mark(record))
        try output.create()
        let part = output.partPath(output.dataName(.images, fixture.day), export: record.export!, attempt: "killed")
        try output.write([1, 2, 3], to: part)
        if point != "exporting" {
            let manifest = try fixture.export(record.export!)
            try fixture.publish(manifest)
            let former = record
            record.state = point == "detached" ? .detached : .exported
            for table in ArchivedTable.allCases { record.digests[table] = manifest.digest(table) }
            try fixture.days.update(record, from: former)
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
        #expect(try fixture.constraints() == [])
        var partitions = DayPartitions()
        #expect(try partitions.ensure([fixture.day.number], on: fixture.connection, now: fixture.day.start).isEmpty)
    }

    @Test func filesThatWentMissingAreWrittenAgain() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        var record = ArchivedDay(day: fixture.day, state: .exported, export: UUID(), path: fixture.folder.file("gone"))
        #expect(try fixture.days.mark(record))
        let former = record
        for table in ArchivedTable.allCases { record.digests[table] = RowsDigest(rows: 1, sum: 1) }
        try fixture.days.update(record, from: former)
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
        let manifest = try #require(try fixture.output.manifest(fixture.day))
        let former = record
        record.digests[.images] = manifest.digest(.images)
        record.digests[.inferences] = manifest.digest(.inferences)
        record.export = manifest.export
        try fixture.days.update(record, from: former)
        try fixture.connection.execute("DELETE FROM images WHERE kafka_offset = 7")
        #expect(try fixture.archive().days.map(\.images) == [39])
        #expect(fixture.log.text.contains("changed after their export"))
        try fixture.restore()
        #expect(try fixture.fingerprint() != before)
        #expect(try fixture.connection.query("SELECT count(*) FROM images")[0].int(0) == 39)
    }

    /// Killed while it named the files: what it left can be told to be its own.
    @Test(arguments: [1, 2])
    func filesWithoutManifestThatWereOursAreReplaced(named: Int) throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        let record = ArchivedDay(day: fixture.day, state: .exporting, export: UUID(), path: fixture.output.path)
        #expect(try fixture.days.mark(record))
        let manifest = try fixture.export(record.export!)
        let folder = fixture.output
        let part = folder.partPath(folder.manifestName(fixture.day), export: manifest.export, attempt: "test")
        try folder.write(try manifest.encoded(), to: part)
        for table in manifest.tables.prefix(named) {
            try folder.rename(
                folder.partPath(table.file, export: manifest.export, attempt: "test"), to: folder.file(table.file))
        }
        #expect(try fixture.archive().days.map(\.images) == [40])
        #expect(fixture.archived == ArchiveFixture.names)
    }

    @Test func aRowThatSomebodyRemovesStopsTheRun() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        let before = try fixture.fingerprint()
        try fixture.on(.exporting, "DELETE FROM archived_days")
        let error = thrown(RoleError.self) { try fixture.archive() }
        #expect(error?.status == .temporaryFailure && error?.message.contains("no longer what this run") == true)
        #expect(try fixture.fingerprint() == before)
        #expect(fixture.archived.isEmpty)
    }
}
