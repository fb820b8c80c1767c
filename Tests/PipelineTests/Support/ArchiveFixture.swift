import Events
import Foundation
import Postgres
import Synchronization
import Telemetry
import TestSupport
import Threads

@testable import Pipeline

/// A database with the tables of iotpipe, and a folder for archives.
final class ArchiveFixture {
    private static let cluster = Mutex<TemporaryCluster?>(nil)

    let conninfo: String
    let connection: Connection
    let folder = TemporaryFolder()
    let log = LogLines()
    let stop = StopSignal()
    let day = UTCDay(date: "2026-03-01")!

    init() throws {
        let shared = try ArchiveFixture.cluster.withLock { cluster in
            if let cluster { return cluster.conninfo }
            let started = try TemporaryCluster()
            cluster = started
            atexit { ArchiveFixture.cluster.withLock { $0?.stop() } }
            return started.conninfo
        }
        let name = "db_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
        try Connection(shared, applicationName: "tests").execute("CREATE DATABASE \(name)")
        conninfo = shared + " dbname=\(name)"
        connection = try Connection(conninfo, applicationName: "tests")
        _ = try Migrator(Schema.migrations).run(on: connection)
    }

    var services: RoleServices { RoleServices(logger: log.logger, stop: stop) }
    var days: ArchivedDays { ArchivedDays(connection: connection) }
    var state: ArchivedDay.State? { get throws { try days.find(day)?.state } }

    func options(output: String? = nil) -> ArchiveOptions {
        var options = ArchiveOptions(output: output ?? folder.file("archive"))
        options.database = conninfo
        options.version = "tests"
        return options
    }

    /// The folder that archives are written to.
    var output: ArchiveFolder { ArchiveFolder(folder.file("archive")) }
    /// What is in it, but for the lock.
    var archived: [String] { output.names().filter { $0 != FolderLock.name } }
    /// What it has of the day.
    static let names = ["archive-2026-03-01.json", "images-2026-03-01.csv.gz", "inferences-2026-03-01.csv.gz"]

    /// Archives.
    ///
    /// - Throws: why the first day was not archived.
    @discardableResult
    func archive(
        attempt: String = "test", _ change: (inout ArchiveOptions) -> Void = { _ in }
    ) throws -> ArchiveSummary {
        let summary = try archiveAll(attempt: attempt, change)
        if let failure = summary.failures.first { throw failure.error }
        return summary
    }

    func archiveAll(
        attempt: String = "test", _ change: (inout ArchiveOptions) -> Void = { _ in }
    ) throws -> ArchiveSummary {
        var options = options()
        change(&options)
        return try ArchiveRole(options: options, services: services, attempt: attempt).run()
    }

    @discardableResult
    func restore(_ day: UTCDay? = nil, input: String? = nil) throws -> [String] {
        var options = RestoreOptions(days: [day ?? self.day])
        options.database = conninfo
        options.input = input
        return try RestoreRole(options: options, services: services).run()
    }

    /// Makes a day's partitions with rows that are hard to write: quotes, line breaks, `\.`, NULL, every byte, doubles
    /// that have no short form.
    func fill(_ day: UTCDay? = nil, rows: Int = 40) throws {
        let day = day ?? self.day
        var partitions = DayPartitions()
        _ = try partitions.ensure([day.number], on: connection, now: day.start)
        let texts =
            #"(ARRAY[E'a"b', E'line\nbreak', E'\\.', E'x\n\\.\ny', E'cr\rlf\r\n', 'a,b', '', 'Ä🙂', '"', ' ', E'\\N'])"#
        try connection.execute(
            """
            INSERT INTO images SELECT gen_random_uuid(), \(texts)[1 + i % 11],
                timestamptz '\(day) 00:00:00+00' + i * interval '2159.999999 seconds', NULLIF(\(texts)[1 + i % 7], 'a,b'),
                CASE WHEN i % 5 = 0 THEN '' ELSE
                    decode(repeat(lpad(to_hex(i % 256), 2, '0') || '00ff0a0d5c22', i * 20), 'hex') END,
                'iot.images', i % 4, i, timestamptz '\(day) 12:00:00.123456+00' + i * interval '1 microsecond'
            FROM generate_series(0, \(rows - 1)) AS i;
            INSERT INTO inferences SELECT id, captured_at, 'resnet50', version, 'f32', device_id, 1.0 / (3 + kafka_offset),
                jsonb_build_array(jsonb_build_object('label', device_id, 'p', 1.0 / 3)), captured_at + interval '1 us',
                captured_at + interval '2 us', 'infinity', 'iot.inferences', kafka_partition, kafka_offset, persisted_at
            FROM images, (VALUES ('one'), ('two')) AS versions (version)
            WHERE captured_at >= '\(day)' AND captured_at < '\(day.next)'
            """)
    }

    /// All rows of both tables, as one text.
    func fingerprint() throws -> String {
        try ArchivedTable.allCases.map { table in
            try connection.query(
                """
                SELECT count(*) || ' ' || coalesce(md5(string_agg(row::text, E'\\n' ORDER BY row::text COLLATE "C")), '')
                FROM \(table) AS row
                """)[0][0] ?? ""
        }.joined(separator: " ")
    }

    /// The names of all tables but iotpipe's own.
    func tables() throws -> [String] {
        try connection.query(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '_\\d{4}_\\d\\d_\\d\\d$' ORDER BY relname"
        ).map { $0[0] ?? "" }
    }
}
