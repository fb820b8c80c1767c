import Foundation
import Postgres
import Testing
import Threads

@testable import Pipeline

/// Two databases whose days meet in one folder: neither loses one to the other.
@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct ArchiveTwoDatabasesTests {
    private let first: ArchiveFixture
    private let second: ArchiveFixture

    init() throws {
        first = try ArchiveFixture()
        second = try ArchiveFixture()
        try first.fill(rows: 4)
        try second.fill(rows: 3)
    }

    private func expectBack(_ fixture: ArchiveFixture, _ before: String) throws {
        try fixture.restore(input: first.output.path)
        #expect(try fixture.fingerprint() == before)
    }

    @Test func theSecondWaitsForTheFolderAndGivesUp() throws {
        let before = try first.fingerprint()
        let archive = ArchiveThread(first)
        try first.holding(archive) { (_: UUID) throws in
            let error = thrown(RoleError.self) { try second.archive { $0.output = first.output.path } }
            #expect(error?.status == .temporaryFailure && error?.message.contains(first.output.path) == true)
            #expect(try second.state == nil)
            // Nor can it be read meanwhile.
            #expect(
                thrown(RoleError.self) { try second.restore(input: first.output.path) }?.status == .temporaryFailure)
        }
        #expect(try archive.end().days.map(\.images) == [4])
        try expectBack(first, before)
    }

    /// As if there were no lock, as on a network file system that has none: the second one publishes between the first
    /// one's look at the folder and its publication.
    @Test(arguments: ["whole", "data", "manifest"])
    func whatAnotherHasPublishedMeanwhileStays(what: String) throws {
        let folder = first.output
        let before = try second.fingerprint()
        let mine = try first.export(UUID())
        try second.archive { $0.output = folder.path }
        let hidden = folder.file("hidden")
        if what == "data" { try folder.rename(folder.manifestPath(first.day), to: hidden) }
        if what == "manifest" {
            for table in mine.tables { unlink(folder.file(table.file)) }
        }
        let error = thrown(RoleError.self) { try first.publish(mine) }
        #expect(error?.status == .cannotCreate, "\(error?.message ?? "")")
        if what == "data" { try folder.rename(hidden, to: folder.manifestPath(first.day)) }
        #expect(try folder.manifest(first.day)?.digest(.images)?.rows == 3)
        if what != "manifest" { try expectBack(second, before) }
    }

    @Test func aNameIsNeverTakenFromAnotherFile() throws {
        let folder = first.output
        try folder.create()
        try folder.write([1], to: folder.file("a"))
        try folder.write([2], to: folder.file("b"))
        #expect(
            thrown(RoleError.self) { try folder.rename(folder.file("a"), to: folder.file("b")) }?.status
                == .cannotCreate)
        #expect(FileManager.default.contents(atPath: folder.file("b")) == Data([2]))
        #expect(FileManager.default.contents(atPath: folder.file("a")) == Data([1]))
    }

    @Test func aNewExportOfARestoredDaySetsTheOlderOneAside() throws {
        try first.archive()
        try first.restore()
        try first.connection.execute("DELETE FROM images WHERE kafka_offset = 2")
        let changed = try first.fingerprint()
        #expect(try first.archive { $0.isDryRun = true }.days.map(\.images) == [3])
        #expect(try first.archive().days.map(\.images) == [3])
        let aside = first.archived.filter { $0.hasPrefix(ArchiveFolder.supersededPrefix) }
        #expect(aside.count == 1 && first.archived.count == 4)
        let older = ArchiveFolder(first.output.file(aside[0]))
        let manifest = try #require(try older.manifest(first.day))
        #expect(manifest.digest(.images)?.rows == 4)
        try older.verify(manifest) {}
        try first.restore()
        #expect(try first.fingerprint() == changed)
        // A database that relies on the older one finds it.
        try second.connection.execute("DROP TABLE images_2026_03_01, inferences_2026_03_01")
        let record = ArchivedDay(day: first.day, state: .exporting, export: manifest.export, path: first.output.path)
        #expect(try second.days.mark(record))
        var dropped = record
        dropped.state = .dropped
        for table in ArchivedTable.allCases { dropped.digests[table] = manifest.digest(table) }
        try second.days.update(dropped, from: record)
        #expect(try second.restore()[0].contains(older.path))
    }

    /// Fails once the files are published and read.
    @Test(arguments: [true, false])
    func filesOfAFailedExportGoAndWhatWasSetAsideComesBack(hasOlder: Bool) throws {
        if hasOlder {
            try first.archive()
            try first.restore()
        }
        let before = try first.output.manifest(first.day)
        try first.connection.execute("DELETE FROM images WHERE kafka_offset = 2")
        let changed = try first.fingerprint()
        // The row says something else by then.
        try first.connection.execute(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
            CREATE TRIGGER refuse BEFORE UPDATE ON archived_days FOR EACH ROW WHEN (NEW.state = 'exported')
                EXECUTE FUNCTION refuse()
            """)
        #expect(thrown(RoleError.self) { try first.archive() }?.status == .temporaryFailure)
        #expect(try first.output.manifest(first.day) == before)
        if let before { try first.output.verify(before) {} }
        #expect(first.archived == (hasOlder ? ArchiveFixture.names : []))
        #expect(try first.fingerprint() == changed)
        #expect(try first.state == nil)
    }

    @Test func manifestIsReadAgainOnceItIsWritten() throws {
        var manifest = try first.export(UUID())
        manifest.formatVersion = 2
        let claim = DayClaim(day: first.day, folder: first.output, export: manifest.export, own: [])
        let publication = DayPublication(manifest, claim: claim, attempt: "test", setsAside: nil)
        #expect(thrown(RoleError.self) { try publication.publish() }?.status == .badData)
        publication.withdraw()
        #expect(first.archived.isEmpty)
    }
}
