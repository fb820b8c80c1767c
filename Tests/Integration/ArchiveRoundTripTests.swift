import Foundation
import Postgres
import Testing
import Threads

@testable import Pipeline

/// A day's way into files and back, the files read by tools that know nothing of iotpipe.
@Suite(.serialized) struct ArchiveRoundTripTests {
    /// What the files must hold, by the server's own words, in the form of `ArchiveReader`.
    private func expected(_ day: ArchiveDay) throws -> [String] {
        let images = try day.connection.query(
            """
            SELECT count(*) || ' ' || sum(length(png)) || ' ' || md5(string_agg(id || '|' || md5(png) || '|' || label, E'\\n'
                ORDER BY id::text COLLATE "C")) FROM images
            """)
        let inferences = try day.connection.query(
            """
            SELECT count(*) || ' ' || sum(length(top5::text)) || ' ' || md5(string_agg(image_id || '|' || model_version || '|'
                || probability || '|' || top5::text, E'\\n' ORDER BY image_id::text COLLATE "C")) FROM inferences
            """)
        return ["images \(images[0][0] ?? "")", "inferences \(inferences[0][0] ?? "")"]
    }

    private func expectRead(_ day: ArchiveDay, _ expected: [String]) {
        let python = ArchiveReader.read(day)
        #expect(python.output.split(separator: "\n").map(String.init) == expected, "\(python.output)")
    }

    /// Archived, read independently while the rows are still there, dropped, restored, and equal.
    @Test func archivedReadDroppedAndRestored() throws {
        let day = try ArchiveDay()
        defer { day.remove() }
        let before = try day.fingerprint()
        let rows = try expected(day)
        let start = MonotonicClock.now
        try day.holdDropping()
        let archive = try day.archive()
        try day.waitUntilHeld(archive)
        let written = MonotonicClock.now
        #expect(try day.state == "detached")
        #expect(day.files == day.wholeFiles)
        expectRead(day, rows)
        let read = MonotonicClock.now
        try day.release()
        #expect(archive.wait(.seconds(300)) == .code(0), "\(archive.output)")
        try day.connection.execute("DROP EVENT TRIGGER hold")
        #expect(try day.state == "dropped")
        let left = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname LIKE '%\\_2026\\_03\\_01'"
        #expect(try day.connection.query(left)[0].int(0) == 0)
        expectRead(day, rows)
        let restoring = MonotonicClock.now
        let restore = try day.restore()
        #expect(restore.wait(.seconds(600)) == .code(0), "\(restore.output)")
        let end = MonotonicClock.now
        #expect(try day.fingerprint() == before)
        #expect(try expected(day) == rows)
        func seconds(_ from: UInt64, _ to: UInt64) -> String { "\((to - from) / 1_000_000) ms" }
        print(
            "\(ArchiveDay.rows) images and results: exported, verified and detached in \(seconds(start, written)), read by "
                + "Python in \(seconds(written, read)), restored in \(seconds(restoring, end)); "
                + (archive.output.split(separator: "\n").last ?? ""))
    }

    /// psql alone restores the files.
    @Test func psqlRestoresTheFiles() throws {
        let day = try ArchiveDay()
        defer { day.remove() }
        let before = try day.fingerprint()
        #expect(try day.archive().wait(.seconds(300)) == .code(0))
        var partitions = DayPartitions()
        try day.connection.execute("DELETE FROM archived_days")
        _ = try partitions.ensure([day.day.number], on: day.connection, now: day.day.start)
        for table in ["images", "inferences"] {
            let psql = Shell.run(
                "set -e; gzip -dc '\(day.folder)/\(table)-\(day.date).csv.gz' | psql '\(day.cluster.conninfo)' -v ON_ERROR_STOP=1 "
                    + "-c '\\copy \(table) from stdin with (format csv, header)'")
            #expect(psql.output == "COPY \(ArchiveDay.rows)\n")
        }
        #expect(try day.fingerprint() == before)
    }
}
