import Events
import Postgres

/// The day partitions of `images` and `inferences`: makes those that are missing, and knows which days are accepted.
///
/// There is no default partition: it would forbid `DETACH PARTITION CONCURRENTLY` and stand in the way of making a day
/// later.
struct DayPartitions {
    /// Days before today that are still accepted.
    static let daysBack: Int64 = 30
    /// Days after today that are accepted already.
    static let daysAhead: Int64 = 1

    private var known: Set<Int64> = []

    /// The day of a stamp, in days since 1970-01-01 (UTC).
    static func day(of stamp: Timestamp) -> Int64 {
        let (quotient, remainder) = stamp.nanoseconds.quotientAndRemainder(dividingBy: 86_400_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The date of a day, such as 2026-11-24.
    static func date(of day: Int64) -> String {
        String(Timestamp(nanoseconds: day * 86_400_000_000_000).rfc3339.prefix(10))
    }

    /// Whether events of that day are stored at all.
    static func accepts(_ day: Int64, now: Timestamp) -> Bool {
        let today = self.day(of: now)
        return day >= today - daysBack && day <= today + daysAhead
    }

    /// Makes the partitions of those days that are missing.
    ///
    /// - Returns: the days that were archived: their events must not be stored.
    /// - Throws: `PostgresError`.
    mutating func ensure(_ days: Set<Int64>, on connection: Connection) throws -> Set<Int64> {
        var archived: Set<Int64> = []
        for day in days.subtracting(known).sorted() {
            let date = DayPartitions.date(of: day)
            let rows = try connection.query("SELECT 1 FROM archived_days WHERE day = $1::date", [.text(date)])
            guard rows.isEmpty else {
                archived.insert(day)
                continue
            }
            try make(date, next: DayPartitions.date(of: day + 1), on: connection)
            known.insert(day)
        }
        return archived
    }

    /// Forgets what it knows: partitions may have gone meanwhile.
    mutating func forget() {
        known = []
    }

    private func make(_ date: String, next: String, on connection: Connection) throws {
        let suffix = date.replacing("-", with: "_")
        try connection.transaction {
            // Two persisters may meet a new day at the same moment.
            try connection.execute("SELECT pg_advisory_xact_lock(hashtext('iotpipe day partitions'))")
            for table in ["images", "inferences"] {
                // Rows of three kilobytes straddle the limit at which PostgreSQL moves values out of line: kept in the row
                // they cost one read and one index less.
                let storage = table == "images" ? " WITH (toast_tuple_target = 8160)" : ""
                try connection.execute(
                    """
                    CREATE TABLE IF NOT EXISTS \(table)_\(suffix) PARTITION OF \(table)
                    FOR VALUES FROM ('\(date) 00:00:00+00') TO ('\(next) 00:00:00+00')\(storage)
                    """)
            }
        }
    }
}
