import Foundation
import Glibc
import Images
import Postgres
import Testing

@testable import Pipeline

/// A day of images with one result each, in a private database.
struct ArchiveDay {
    /// `IOTPIPE_ARCHIVE_IMAGES` sets the images of the day (5,000).
    static let rows = ProcessInfo.processInfo.environment["IOTPIPE_ARCHIVE_IMAGES"].flatMap { Int($0) } ?? 5_000

    let cluster = try! TemporaryCluster()
    let connection: Connection
    let folder = "\(NSTemporaryDirectory())/iotpipe-archive-\(UUID().uuidString)"
    let day: UTCDay
    var date: String { day.description }

    /// - Parameters:
    ///   - rows: how many images, each with one result.
    init(_ day: UTCDay = UTCDay(date: "2026-03-01")!, rows: Int = ArchiveDay.rows) throws {
        self.day = day
        connection = try Connection(cluster.conninfo, applicationName: "tests")
        _ = try Migrator(Schema.migrations).run(on: connection)
        var partitions = DayPartitions()
        _ = try partitions.ensure([day.number], on: connection, now: day.start)
        // The official test split where it is, else the pictures that iotpipe carries.
        let pictures = try Datasets.open(Surroundings.hasData ? Surroundings.testSplit : nil)
        try connection.copyIn(
            "COPY images (id, device_id, captured_at, label, png, kafka_topic, kafka_partition, kafka_offset) "
                + "FROM STDIN (FORMAT binary)"
        ) { writer in
            for index in 0..<rows {
                let picture = try pictures.image(at: index % pictures.count)
                try writer.row()
                writer.uuid(UUID())
                writer.text("device-\(index % 16)")
                writer.timestamptz(
                    microseconds: day.number * 86_400_000_000 + Int64(index) * (86_399_999_999 / Int64(rows)))
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

    /// The files, but for the lock.
    var files: [String] { ArchiveFolder(folder).names().filter { $0 != FolderLock.name } }
    /// What the folder has of an archived day.
    var wholeFiles: [String] { ["archive-\(date).json", "images-\(date).csv.gz", "inferences-\(date).csv.gz"] }

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
        try Wait.until("the day is \(state)") { try self.state == state }
    }

    /// Kills a process as a power cut would, and waits until the server has noticed.
    func kill(_ process: RoleProcess) throws {
        process.child.signal(SIGKILL)
        process.child.wait()
        try Wait.until("the server has noticed") {
            try connection.query(
                "SELECT 1 FROM pg_stat_activity WHERE application_name IN ('iotpipe archive', 'iotpipe restore')"
            )
            .isEmpty
        }
    }

    /// What the next run must make of whatever a killed one left.
    func expectArchivedAndBack(_ before: String) throws {
        let archive = try self.archive()
        #expect(archive.wait(.seconds(300)) == .code(0), "\(archive.output)")
        let rows = ArchiveDay.rows
        #expect(archive.output.contains("archived 1 day, \(rows) images, \(rows) inferences"), "\(archive.output)")
        #expect(try state == "dropped")
        #expect(try connection.query("SELECT count(*) FROM pg_inherits")[0].int(0) == 0)
        #expect(files == wholeFiles)
        let restore = try self.restore()
        #expect(restore.wait(.seconds(300)) == .code(0), "\(restore.output)")
        #expect(try fingerprint() == before)
    }

    /// Has whoever does that wait for `release`, at the moment before it is done.
    func hold(_ command: String, on tag: String) throws {
        try connection.execute(
            """
            CREATE FUNCTION hold() RETURNS \(tag.isEmpty ? "trigger" : "event_trigger") LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_advisory_xact_lock(42); \(tag.isEmpty ? "RETURN NULL;" : "") END';
            \(command);
            SELECT pg_advisory_lock(42)
            """)
    }

    func waitUntilHeld(_ process: RoleProcess) throws {
        try Wait.until("it is held: \(process.output)", within: .seconds(300)) {
            try connection.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted")
                .isEmpty == false
        }
    }

    func holdDropping() throws {
        try hold(
            "CREATE EVENT TRIGGER hold ON ddl_command_start WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION hold()",
            on: "DROP TABLE")
    }

    func release() throws { try connection.execute("SELECT pg_advisory_unlock(42)") }
}
