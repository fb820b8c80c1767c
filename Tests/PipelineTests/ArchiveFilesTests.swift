import Foundation
import Postgres
import Testing

@testable import Pipeline

/// Files that are not what they should be, and folders that cannot take them.
@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct ArchiveFilesTests {
    private func archived() throws -> (ArchiveFixture, ArchiveFolder) {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        try fixture.archive()
        return (fixture, ArchiveFolder(fixture.folder.file("archive")))
    }

    private func expectRefused(
        _ fixture: ArchiveFixture, _ status: Pipeline.ExitStatus, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let error = thrown(RoleError.self, sourceLocation: sourceLocation) { try fixture.restore() }
        #expect(error?.status == status, "\(error?.message ?? "")", sourceLocation: sourceLocation)
        #expect(try fixture.tables() == [], sourceLocation: sourceLocation)
        #expect(try fixture.state == .dropped, sourceLocation: sourceLocation)
    }

    @Test(arguments: ArchivedTable.allCases, [0.1, 0.5, 0.999])
    func damagedFileIsRefused(table: ArchivedTable, at share: Double) throws {
        let (fixture, folder) = try archived()
        let path = folder.file(folder.dataName(table, fixture.day))
        let good = try Data(contentsOf: URL(fileURLWithPath: path))
        var bad = good
        bad[Int(Double(good.count - 1) * share)] ^= 4
        try bad.write(to: URL(fileURLWithPath: path))
        try expectRefused(fixture, .badData)
        try good.prefix(Int(Double(good.count) * share)).write(to: URL(fileURLWithPath: path))
        try expectRefused(fixture, .badData)
        try (good + [0]).write(to: URL(fileURLWithPath: path))
        try expectRefused(fixture, .badData)
        try FileManager.default.removeItem(atPath: path)
        try expectRefused(fixture, .inputMissing)
        try good.write(to: URL(fileURLWithPath: path))
        try fixture.restore()
        #expect(try fixture.connection.query("SELECT count(*) FROM images")[0].int(0) == 40)
    }

    @Test(
        arguments: [
            (#""rows" : 40"#, #""rows" : 41"#), (#""formatVersion" : 1"#, #""formatVersion" : 2"#),
            (#""day" : "2026-03-01""#, #""day" : "2026-03-02""#), ("iotpipe-archive", "other"),
            ("images-2026-03-01.csv.gz", "../images-2026-03-01.csv.gz"), ("{", "{{"), (#""rows""#, "\"\\ud800\""),
        ])
    func manifestThatIsNotOfTheFilesIsRefused(old: String, new: String) throws {
        let (fixture, folder) = try archived()
        let path = folder.manifestPath(fixture.day)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try #require(text.contains(old))
        try text.replacingOccurrences(of: old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
        try expectRefused(fixture, .badData)
        try FileManager.default.removeItem(atPath: path)
        try expectRefused(fixture, .inputMissing)
    }

    @Test func manifestOfAnotherExportIsRefused() throws {
        let (fixture, folder) = try archived()
        let other = try ArchiveFixture()
        try other.fill(rows: 2)
        try other.archive()
        let source = ArchiveFolder(other.folder.file("archive"))
        for name in try FileManager.default.contentsOfDirectory(atPath: source.path) {
            try Data(contentsOf: URL(fileURLWithPath: source.file(name))).write(
                to: URL(fileURLWithPath: folder.file(name)))
        }
        try expectRefused(fixture, .badData)
        // Into a database that has not archived it they go.
        let third = try ArchiveFixture()
        try third.restore(input: source.path)
        #expect(try third.connection.query("SELECT count(*) FROM inferences")[0].int(0) == 4)
    }

    @Test func filesOfAnotherExportAreNotReplaced() throws {
        let (first, folder) = try archived()
        let second = try ArchiveFixture()
        try second.fill(rows: 3)
        let before = try second.fingerprint()
        let error = thrown(RoleError.self) { try second.archive { $0.output = folder.path } }
        #expect(error?.status == .cannotCreate)
        #expect(try second.fingerprint() == before)
        #expect(try second.state == nil)
        try first.restore()
        #expect(try first.connection.query("SELECT count(*) FROM images")[0].int(0) == 40)
    }

    @Test func folderThatCannotBeMadeIsSaid() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill(rows: 2)
        for output in ["/dev/null", fixture.folder.file("no/such")] {
            #expect(thrown(RoleError.self) { try fixture.archive { $0.output = output } }?.status == .cannotCreate)
        }
        #expect(try fixture.state == nil)
    }

    /// The disk is full for one of the files, of a day that was begun before and of one that is begun now.
    @Test(arguments: ["images", "inferences", "manifest"], [true, false])
    func fullDiskLosesNothing(file: String, isFresh: Bool) throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        let before = try fixture.fingerprint()
        let folder = fixture.output
        if !isFresh {
            let record = ArchivedDay(day: fixture.day, state: .exporting, export: UUID(), path: folder.path)
            #expect(try fixture.days.mark(record))
        }
        try folder.create()
        let name =
            file == "manifest"
            ? folder.manifestName(fixture.day) : folder.dataName(ArchivedTable(rawValue: file)!, fixture.day)
        // Held before it writes, so that the file can be put on a full disk under its hands.
        let archive = ArchiveThread(fixture)
        try fixture.holding(archive) { export in
            try FileManager.default.createSymbolicLink(
                atPath: folder.partPath(name, export: export, attempt: "test"), withDestinationPath: "/dev/full")
        }
        let error = thrown(RoleError.self) { try archive.end() }
        #expect(error?.status == .ioFailure && error?.message.contains("free some space") == true)
        #expect(try fixture.fingerprint() == before)
        #expect(fixture.archived.isEmpty)
        #expect(try fixture.state == (isFresh ? nil : .exporting))
        #expect(try fixture.archive().days.map(\.images) == [40])
        #expect(fixture.archived == ArchiveFixture.names)
    }

    @Test func filesAreForOwnerAndGroupAlone() throws {
        let (fixture, folder) = try archived()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let mode = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions] as? Int
            #expect((mode ?? 0) & 0o7 == 0, "\(name)")
        }
        #expect(fixture.folder.contents == ["archive"])
    }
}
