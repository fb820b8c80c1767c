import FoundationEssentials
import Postgres

/// The table `archived_days`.
struct ArchivedDays {
    private static let columns =
        "day, state, export_id, path, images_rows, images_checksum, inferences_rows, inferences_checksum"

    let connection: Connection

    func find(_ day: UTCDay) throws(PostgresError) -> ArchivedDay? {
        try connection.query(
            "SELECT \(ArchivedDays.columns) FROM archived_days WHERE day = $1", [.text(day.description)]
        ).first.flatMap(ArchivedDays.record)
    }

    /// All days, the earliest first.
    func all() throws(PostgresError) -> [ArchivedDay] {
        try connection.query("SELECT \(ArchivedDays.columns) FROM archived_days ORDER BY day")
            .compactMap(ArchivedDays.record)
    }

    /// Puts a day in, once every transaction that stores rows of it has ended: no row of it is added from then on.
    ///
    /// - Parameter isWanted: asked once nobody stores rows of the day or makes its partitions, until this has ended.
    /// - Returns: false where it is there already, or is not wanted.
    func mark(_ record: ArchivedDay, where isWanted: () throws -> Bool = { true }) throws -> Bool {
        try connection.transaction {
            try lock(record.day)
            guard try isWanted() else { return false }
            return try connection.query(
                """
                INSERT INTO archived_days (day, state, export_id, path) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
                """,
                [
                    .text(record.day.description), .text(record.state.rawValue), .uuid(record.export),
                    .text(record.path),
                ]
            ).affected == 1
        }
    }

    /// Stores how far a day has come.
    ///
    /// - Parameter former: what the row must say now.
    /// - Throws: `RoleError` (75) where it says something else: somebody else has changed or removed it.
    func update(_ record: ArchivedDay, from former: ArchivedDay) throws {
        let (images, inferences) = (record.digests[.images], record.digests[.inferences])
        let affected = try connection.query(
            """
            UPDATE archived_days SET state = $2, export_id = $3, path = $4, images_rows = $5, images_checksum = $6,
                inferences_rows = $7, inferences_checksum = $8, changed_at = now(),
                archived_at = CASE WHEN $2 = 'dropped' THEN now() ELSE archived_at END
            WHERE day = $1 AND state = $9 AND export_id IS NOT DISTINCT FROM $10
            """,
            [
                .text(record.day.description), .text(record.state.rawValue), .uuid(record.export), .text(record.path),
                .int(images.map { Int64($0.rows) }), .text(images?.checksum),
                .int(inferences.map { Int64($0.rows) }), .text(inferences?.checksum), .text(former.state.rawValue),
                .uuid(former.export),
            ]
        ).affected
        guard affected == 1 else {
            throw RoleError(
                .temporaryFailure,
                """
                the row of \(record.day) in archived_days is no longer what this run had stored there (\(former.state)): \
                another program has changed or removed it. Nothing was replaced or dropped: find out which, then try again
                """)
        }
    }

    /// Takes a day out that a run has marked and not brought further.
    func unmark(_ record: ArchivedDay) throws(PostgresError) {
        try connection.query(
            "DELETE FROM archived_days WHERE day = $1 AND state = $2 AND export_id IS NOT DISTINCT FROM $3",
            [.text(record.day.description), .text(record.state.rawValue), .uuid(record.export)])
    }

    /// Takes a day out: its rows are stored again.
    func remove(_ day: UTCDay) throws(PostgresError) {
        try connection.query("DELETE FROM archived_days WHERE day = $1", [.text(day.description)])
    }

    /// Waits for the transactions that store rows of a day, and keeps others from it until this transaction ends.
    func lock(_ day: UTCDay) throws(PostgresError) {
        try connection.execute("SELECT pg_advisory_xact_lock(\(DayPartitions.lockSpace), \(day.number))")
    }

    private static func record(_ row: Row) -> ArchivedDay? {
        guard let day = row[0].flatMap({ UTCDay(date: $0) }),
            let state = row[1].flatMap({ ArchivedDay.State(rawValue: $0) })
        else { return nil }
        var record = ArchivedDay(day: day, state: state, export: row.uuid(2), path: row[3])
        for (index, table) in [(4, ArchivedTable.images), (6, .inferences)] {
            guard let rows = row.int(index), let checksum = row[index + 1] else { continue }
            record.digests[table] = RowsDigest(rows: Int(rows), checksum: checksum)
        }
        return record
    }
}
