import Foundation
import Postgres
import Testing
import Threads

@testable import Pipeline

/// Detachings that are pending, that wait, and what changes meanwhile.
@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct ArchiveDetachTests {
    @Test func aPendingDetachOfAnotherDayIsFinishedFirst() throws {
        let fixture = try ArchiveFixture()
        let next = UTCDay(date: "2026-03-02")!
        try fixture.fill(rows: 2)
        try fixture.fill(next, rows: 2)
        let record = ArchivedDay(day: fixture.day, state: .exported, export: UUID(), path: "/nowhere")
        #expect(try fixture.days.mark(record))
        try fixture.detachInPart()
        let summary = try fixture.archive { $0.days = [next] }
        #expect(summary.days.map(\.day) == [next])
        #expect(
            try PartitionCatalog(connection: fixture.connection).attachment(.images, fixture.day) == .standalone)
    }

    @Test func aPendingDetachOfSomebodyElseIsSaidBeforeTheExport() throws {
        let fixture = try ArchiveFixture()
        let next = UTCDay(date: "2026-03-02")!
        try fixture.fill(rows: 2)
        try fixture.fill(next, rows: 2)
        try fixture.detachInPart()
        for isDryRun in [true, false] {
            let error = thrown(RoleError.self) {
                try fixture.archive {
                    $0.days = [next]
                    $0.isDryRun = isDryRun
                }
            }
            #expect(error?.status == .temporaryFailure)
            let statement = "ALTER TABLE images DETACH PARTITION images_2026_03_01 FINALIZE"
            #expect(error?.message.contains(statement) == true, "\(error?.message ?? "")")
            #expect(try fixture.days.all().isEmpty && fixture.archived.isEmpty)
        }
        try fixture.connection.execute("ALTER TABLE images DETACH PARTITION images_2026_03_01 FINALIZE")
        #expect(try fixture.archive { $0.days = [next] }.days.count == 1)
    }

    @Test func whoeverIsWaitedForIsNamedInTheLog() throws {
        let fixture = try ArchiveFixture()
        let process = Monitor<Int32?>(nil)
        let database = fixture.conninfo
        let holder = try Connection(fixture.conninfo, applicationName: "a-long-report")
        try holder.transaction {
            try holder.execute("LOCK TABLE images")
            let thread = OSThread(name: "waiting") {
                let waiting = try? Connection(database, applicationName: "waiting")
                process.update { $0 = waiting?.backendProcess ?? 0 }
                _ = try? waiting?.execute("SELECT count(*) FROM images")
            }
            let waiting = try #require(process.wait(until: nil) { $0 })
            let watch = WaitWatch(
                database, process: waiting, logger: fixture.log.logger, interval: .milliseconds(20))
            Wait.until("the holder is named") {
                fixture.log.text.contains("waiting for server process \(holder.backendProcess) (a-long-report of user")
            }
            withExtendedLifetime(watch) {}
            try fixture.connection.query("SELECT pg_terminate_backend($1)", [.int(Int64(waiting))])
            thread.join()
        }
    }

    @Test(arguments: ["manifest", "data"])
    func filesThatChangeWhileItDetachesAreReadAgain(what: String) throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        let before = try fixture.fingerprint()
        // Held between the checksum of the rows and the drop: the detaching waits, the files change, it goes on.
        let reader = try Connection(fixture.conninfo, applicationName: "reader")
        let archive = ArchiveThread(fixture)
        try reader.transaction {
            try reader.execute("SELECT 1 FROM images LIMIT 1")
            archive.start()
            try Wait.until("detaching waits") {
                try fixture.connection.query("SELECT 1 FROM pg_inherits WHERE inhdetachpending").isEmpty == false
            }
            let name = what == "data" ? "images-2026-03-01.csv.gz" : "archive-2026-03-01.json"
            let path = fixture.output.file(name)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            if what == "data" {
                bytes[bytes.count / 2] ^= 1
            } else {
                bytes = Data(String(decoding: bytes, as: UTF8.self).replacing(" : 40,", with: " : 41,").utf8)
            }
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        // Damaged: exported again before anything is dropped.
        #expect(try archive.end().days.map(\.images) == [40])
        #expect(fixture.log.text.contains("changed since they were read"))
        try fixture.restore()
        #expect(try fixture.fingerprint() == before)
    }

    /// The last look, while the tables are locked and their rows have been compared.
    @Test func filesThatChangeWhileItWaitsToDropAreReadAgain() throws {
        let fixture = try ArchiveFixture()
        try fixture.fill()
        let before = try fixture.fingerprint()
        let reader = try Connection(fixture.conninfo, applicationName: "reader")
        let archive = ArchiveThread(fixture)
        try fixture.holding(archive, before: .detached) { _ in
            try reader.execute("BEGIN; SELECT 1 FROM images_2026_03_01 LIMIT 1")
        }
        try fixture.waitUntilSomebodyWaits("mode = 'AccessExclusiveLock'")
        unlink(fixture.output.file("images-2026-03-01.csv.gz"))
        try reader.execute("COMMIT")
        #expect(try archive.end().days.map(\.images) == [40])
        try fixture.restore()
        #expect(try fixture.fingerprint() == before)
    }
}
