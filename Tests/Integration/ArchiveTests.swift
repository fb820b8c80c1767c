import Events
import Foundation
import Glibc
import Images
import Postgres
import Testing
import Threads

@testable import Pipeline

/// `iotpipe archive` and `iotpipe restore` as processes, killed where it hurts most, on a real PostgreSQL.
///
/// `IOTPIPE_ARCHIVE_IMAGES` sets the images of the day (5,000).
@Suite(.serialized) struct ArchiveTests {
    /// A day of images with one result each, in a private database.
    private struct Day {
        static let rows = ProcessInfo.processInfo.environment["IOTPIPE_ARCHIVE_IMAGES"].flatMap { Int($0) } ?? 5_000

        let cluster = try! TemporaryCluster()
        let connection: Connection
        let folder = "\(NSTemporaryDirectory())/iotpipe-archive-\(UUID().uuidString)"
        let date = "2026-03-01"

        init() throws {
            connection = try Connection(cluster.conninfo, applicationName: "tests")
            _ = try Migrator(Schema.migrations).run(on: connection)
            var partitions = DayPartitions()
            let day = UTCDay(date: date)!
            _ = try partitions.ensure([day.number], on: connection, now: day.start)
            // The official test split where it is, else the pictures that iotpipe carries.
            let pictures = try Datasets.open(Surroundings.hasData ? Surroundings.testSplit : nil)
            try connection.copyIn(
                "COPY images (id, device_id, captured_at, label, png, kafka_topic, kafka_partition, kafka_offset) "
                    + "FROM STDIN (FORMAT binary)"
            ) { writer in
                for index in 0..<Day.rows {
                    let picture = try pictures.image(at: index % pictures.count)
                    try writer.row()
                    writer.uuid(UUID())
                    writer.text("device-\(index % 16)")
                    writer.timestamptz(
                        microseconds: 1_772_323_200_000_000 + Int64(index) * (86_399_999_999 / Int64(Day.rows)))
                    writer.text(picture.label)
                    writer.bytea(picture.png)
                    writer.text("iot.images")
                    writer.int32(Int32(index % 4))
                    writer.int64(Int64(index))
                }
            }
            try connection.execute(
                """
                INSERT INTO inferences SELECT id, captured_at, 'resnet50', '0123456789ab-f32', 'f32', label,
                    1.0 / (3 + kafka_offset),
                    (SELECT jsonb_agg(jsonb_build_object('label', label, 'index', i, 'probability', 1.0 / (i + 7)))
                        FROM generate_series(1, 5) AS i),
                    captured_at + interval '1 ms', captured_at + interval '2 ms', captured_at + interval '9 ms',
                    'iot.inferences', kafka_partition, kafka_offset FROM images;
                ANALYZE
                """)
        }

        func remove() { try? FileManager.default.removeItem(atPath: folder) }

        func archive(_ arguments: [String] = []) throws -> RoleProcess {
            try RoleProcess(
                ["archive", "--output", folder] + arguments, environment: ["IOTPIPE_DATABASE": cluster.conninfo])
        }

        func restore() throws -> RoleProcess {
            try RoleProcess(
                ["restore", "--day", date, "--input", folder], environment: ["IOTPIPE_DATABASE": cluster.conninfo])
        }

        var state: String? {
            get throws { try connection.query("SELECT state FROM archived_days").first?[0] }
        }

        /// All rows with all their columns, as one number a table.
        func fingerprint() throws -> String {
            try ["images", "inferences"].map { table in
                try connection.query(
                    "SELECT count(*) || ':' || coalesce(sum(hashtextextended(row::text, 7)::numeric), 0) FROM \(table) AS row"
                )[0][0] ?? ""
            }.joined(separator: " ")
        }

        func wait(for state: String) throws {
            try Wait.until("the day is \(state)", within: .seconds(120)) { try self.state == state }
        }
    }

    private func kill(_ process: RoleProcess) {
        process.child.signal(SIGKILL)
        process.child.wait()
    }

    /// What the next run must make of whatever a killed one left.
    private func expectArchivedAndBack(_ day: Day, _ before: String) throws {
        let archive = try day.archive()
        #expect(archive.wait(.seconds(300)) == .code(0), "\(archive.output)")
        #expect(
            archive.output.contains("archived 1 day, \(Day.rows) images, \(Day.rows) inferences"), "\(archive.output)")
        #expect(try day.state == "dropped")
        #expect(try day.connection.query("SELECT count(*) FROM pg_inherits")[0].int(0) == 0)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: day.folder).sorted()
                == ["archive-\(day.date).json", "images-\(day.date).csv.gz", "inferences-\(day.date).csv.gz"])
        let restore = try day.restore()
        #expect(restore.wait(.seconds(300)) == .code(0), "\(restore.output)")
        #expect(try day.fingerprint() == before)
    }

    @Test func killedInTheExport() throws {
        let day = try Day()
        defer { day.remove() }
        let before = try day.fingerprint()
        let archive = try day.archive()
        // The files are begun under the process's hands: it is halted, looked at, and killed.
        try Wait.until("the export writes: \(archive.output)", within: .seconds(120)) {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: day.folder)) ?? []
            return names.contains { $0.hasSuffix(".part") }
        }
        archive.child.signal(SIGSTOP)
        #expect(try day.state == "exporting")
        #expect(!FileManager.default.fileExists(atPath: "\(day.folder)/archive-\(day.date).json"))
        kill(archive)
        #expect(try day.fingerprint() == before)
        try expectArchivedAndBack(day, before)
    }

    @Test func killedBetweenVerifyingAndDetaching() throws {
        let day = try Day()
        defer { day.remove() }
        let before = try day.fingerprint()
        // A reader whose transaction is older: detaching waits for it.
        let reader = try Connection(day.cluster.conninfo, applicationName: "reader")
        let archive = try reader.transaction {
            try reader.execute("SELECT 1 FROM images LIMIT 1")
            let archive = try day.archive()
            try day.wait(for: "exported")
            try Wait.until("detaching waits", within: .seconds(60)) {
                try day.connection.query("SELECT 1 FROM pg_inherits WHERE inhdetachpending").isEmpty == false
            }
            kill(archive)
            return archive
        }
        #expect(archive.child.ended == .signal(SIGKILL))
        #expect(try day.state == "exported")
        try expectArchivedAndBack(day, before)
    }

    @Test func killedBetweenDetachingAndDropping() throws {
        let day = try Day()
        defer { day.remove() }
        let before = try day.fingerprint()
        // Dropping waits for a lock that is held here.
        try day.connection.execute(
            """
            CREATE FUNCTION wait() RETURNS event_trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_advisory_xact_lock(42); END';
            CREATE EVENT TRIGGER wait ON ddl_command_start WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION wait();
            SELECT pg_advisory_lock(42)
            """)
        let archive = try day.archive()
        try Wait.until("dropping waits: \(archive.output)", within: .seconds(120)) {
            try day.connection.query(
                "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted"
            ).isEmpty == false
        }
        kill(archive)
        try day.connection.execute("DROP EVENT TRIGGER wait; SELECT pg_advisory_unlock(42)")
        #expect(try day.state == "detached")
        try expectArchivedAndBack(day, before)
    }

    @Test func killedRestoreIsRunAgain() throws {
        let day = try Day()
        defer { day.remove() }
        let before = try day.fingerprint()
        #expect(try day.archive().wait(.seconds(300)) == .code(0))
        // It cannot attach: the parent is taken.
        let holder = try Connection(day.cluster.conninfo, applicationName: "holder")
        try holder.transaction {
            try holder.execute("LOCK TABLE images IN SHARE UPDATE EXCLUSIVE MODE")
            let restore = try day.restore()
            try Wait.until("attaching waits: \(restore.output)", within: .seconds(120)) {
                try day.connection.query("SELECT 1 FROM pg_locks WHERE relation = 'images'::regclass AND NOT granted")
                    .isEmpty == false
            }
            kill(restore)
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

    /// Tools that know nothing of iotpipe read the files: Python's gzip and csv modules, and psql, which restores alone.
    @Test func otherToolsReadTheFiles() throws {
        let day = try Day()
        defer { day.remove() }
        let before = try day.fingerprint()
        let expected = try day.connection.query(
            "SELECT count(*), sum(length(png)), md5(string_agg(md5(png), '' ORDER BY id)) FROM images")[0]
        #expect(try day.archive().wait(.seconds(300)) == .code(0))
        let python = Shell.run(
            """
            python3 - <<'END'
            import csv, gzip, hashlib
            csv.field_size_limit(1 << 30)
            with gzip.open('\(day.folder)/images-\(day.date).csv.gz', 'rt', newline='') as file:
                rows = sorted((row['id'], bytes.fromhex(row['png'][2:])) for row in csv.DictReader(file))
            digest = hashlib.md5(''.join(hashlib.md5(png).hexdigest() for _, png in rows).encode()).hexdigest()
            assert all(png.startswith(b'\\x89PNG') for _, png in rows)
            print(len(rows), sum(len(png) for _, png in rows), digest)
            END
            """)
        #expect(python.output == "\(expected[0]!) \(expected[1]!) \(expected[2]!)\n")

        var partitions = DayPartitions()
        try day.connection.execute("DELETE FROM archived_days")
        let numbered = UTCDay(date: day.date)!
        _ = try partitions.ensure([numbered.number], on: day.connection, now: numbered.start)
        for table in ["images", "inferences"] {
            let psql = Shell.run(
                "set -e; gzip -dc '\(day.folder)/\(table)-\(day.date).csv.gz' | psql '\(day.cluster.conninfo)' -v ON_ERROR_STOP=1 "
                    + "-c '\\copy \(table) from stdin with (format csv, header)'")
            #expect(psql.output == "COPY \(Day.rows)\n")
        }
        #expect(try day.fingerprint() == before)
    }
}
