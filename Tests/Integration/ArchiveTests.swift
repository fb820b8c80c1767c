import Foundation
import Glibc
import Postgres
import Testing

@testable import Pipeline

/// `iotpipe archive` and `iotpipe restore` as processes, killed where it hurts most, on a real PostgreSQL.
@Suite(.serialized) struct ArchiveTests {
    @Test func killedInTheExport() throws {
        let day = try ArchiveDay()
        defer { day.remove() }
        let before = try day.fingerprint()
        let archive = try day.archive()
        // The files are begun under the process's hands: it is halted, looked at, and killed.
        try Wait.until("the export writes: \(archive.output)") {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: day.folder)) ?? []
            return names.contains { $0.hasSuffix(".part") }
        }
        archive.child.signal(SIGSTOP)
        #expect(try day.state == "exporting")
        #expect(!FileManager.default.fileExists(atPath: "\(day.folder)/archive-\(day.date).json"))
        try day.kill(archive)
        #expect(try day.fingerprint() == before)
        try day.expectArchivedAndBack(before)
    }

    /// The day's row says that the files are good, and no DETACH was sent.
    @Test func killedBetweenVerifyingAndDetaching() throws {
        let day = try ArchiveDay()
        defer { day.remove() }
        let before = try day.fingerprint()
        try day.hold(
            "CREATE TRIGGER hold AFTER UPDATE ON archived_days FOR EACH ROW WHEN (NEW.state = 'exported') "
                + "EXECUTE FUNCTION hold()", on: "")
        let archive = try day.archive()
        try day.waitUntilHeld(archive)
        // What it reads next, once its state is stored: whether a detaching is pending.
        let holder = try Connection(day.cluster.conninfo, applicationName: "holder")
        try holder.transaction {
            try holder.execute("LOCK TABLE pg_inherits IN ACCESS EXCLUSIVE MODE")
            try day.release()
            try day.wait(for: "exported")
            try Wait.until("it looks at the partitions: \(archive.output)") {
                try day.connection.query(
                    "SELECT 1 FROM pg_locks WHERE relation = 'pg_inherits'::regclass AND NOT granted"
                ).isEmpty == false
            }
            let statement = try day.connection.query(
                "SELECT query FROM pg_stat_activity WHERE application_name = 'iotpipe archive'")
            #expect(statement.allSatisfy { $0[0]?.contains("ALTER TABLE") == false })
            try day.kill(archive)
        }
        #expect(archive.child.ended == .signal(SIGKILL))
        #expect(try day.state == "exported")
        #expect(
            try day.connection.query("SELECT count(*) FROM pg_inherits WHERE NOT inhdetachpending")[0].int(0) ?? 0 >= 2)
        #expect(try day.connection.query("SELECT 1 FROM pg_inherits WHERE inhdetachpending").isEmpty)
        #expect(day.files == day.wholeFiles)
        try day.connection.execute("DROP FUNCTION hold CASCADE")
        try day.expectArchivedAndBack(before)
    }

    @Test func killedWithinDetaching() throws {
        let day = try ArchiveDay()
        defer { day.remove() }
        let before = try day.fingerprint()
        // A reader whose transaction is older: detaching waits for it.
        let reader = try Connection(day.cluster.conninfo, applicationName: "reader")
        let archive = try reader.transaction {
            try reader.execute("SELECT 1 FROM images LIMIT 1")
            let archive = try day.archive()
            try day.wait(for: "exported")
            try Wait.until("detaching waits") {
                try day.connection.query("SELECT 1 FROM pg_inherits WHERE inhdetachpending").isEmpty == false
            }
            try day.kill(archive)
            return archive
        }
        #expect(archive.child.ended == .signal(SIGKILL))
        #expect(try day.state == "exported")
        let pending = try day.connection.query(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhdetachpending")
        #expect(pending.map { $0[0] } == ["images_2026_03_01"])
        #expect(try day.fingerprint() != before, "a pending partition has left its table")
        try day.expectArchivedAndBack(before)
    }

    @Test func killedBetweenDetachingAndDropping() throws {
        let day = try ArchiveDay()
        defer { day.remove() }
        let before = try day.fingerprint()
        try day.holdDropping()
        let archive = try day.archive()
        try day.waitUntilHeld(archive)
        try day.kill(archive)
        try day.connection.execute("DROP EVENT TRIGGER hold")
        try day.release()
        #expect(try day.state == "detached")
        try day.expectArchivedAndBack(before)
    }

    @Test func killedRestoreIsRunAgain() throws {
        let day = try ArchiveDay()
        defer { day.remove() }
        let before = try day.fingerprint()
        #expect(try day.archive().wait(.seconds(300)) == .code(0))
        // It cannot attach: the parent is taken.
        let holder = try Connection(day.cluster.conninfo, applicationName: "holder")
        try holder.transaction {
            try holder.execute("LOCK TABLE images IN SHARE UPDATE EXCLUSIVE MODE")
            let restore = try day.restore()
            try Wait.until("attaching waits: \(restore.output)") {
                try day.connection.query("SELECT 1 FROM pg_locks WHERE relation = 'images'::regclass AND NOT granted")
                    .isEmpty == false
            }
            try day.kill(restore)
        }
        #expect(try day.state == "dropped")
        let restore = try day.restore()
        #expect(restore.wait(.seconds(300)) == .code(0), "\(restore.output)")
        #expect(try day.fingerprint() == before)
        #expect(try day.state == nil)
        let again = try day.restore()
        #expect(again.wait(.seconds(300)) == .code(0), "\(again.output)")
        #expect(again.output.contains("there already"))
    }
}
