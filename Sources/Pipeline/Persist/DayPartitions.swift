import Events
import Postgres

/// The day partitions of `images` and `inferences`: makes those that are missing, and knows which days are accepted.
///
/// There is no default partition: it would forbid `DETACH PARTITION CONCURRENTLY` and stand in the way of making a day
/// later.
struct DayPartitions {
    /// Days before today that are still made.
    static let daysBack: Int64 = 30
    /// Days after today that are made already.
    static let daysAhead: Int64 = 1
    /// The first half of each day's advisory lock; the second is the day. "iotd" in ASCII.
    static let lockSpace: Int32 = 0x69_6F_74_64

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

    /// Whether that day is made where it is missing.
    static func makes(_ day: Int64, now: Timestamp) -> Bool {
        let today = self.day(of: now)
        return day >= today - daysBack && day <= today + daysAhead
    }

    /// What rows of a partition need beyond their table's settings, for `WITH`; nil is nothing.
    ///
    /// Rows of three kilobytes straddle the limit at which PostgreSQL moves values out of line: kept in the row they cost
    /// one read and one index less.
    static func storage(of table: String) -> String? {
        table == "images" ? "toast_tuple_target = 8160" : nil
    }

    /// Makes the partitions of those days that are missing. A day beyond the limits is taken where it is there: one that was
    /// restored.
    ///
    /// - Returns: the days whose events must not be stored.
    /// - Throws: `PostgresError`.
    mutating func ensure(_ days: Set<Int64>, on connection: Connection, now: Timestamp = .now) throws -> ClosedDays {
        let missing = days.subtracting(known)
        let outside = missing.filter { !DayPartitions.makes($0, now: now) }
        var closed = try closedDays(among: outside, on: connection)
        known.formUnion(outside.subtracting(closed.archived).subtracting(closed.outside))
        for day in missing.subtracting(outside).sorted() {
            let isArchived = try connection.transaction {
                // Two persisters may meet a new day at the same moment.
                try connection.execute("SELECT pg_advisory_xact_lock(hashtext('iotpipe day partitions'))")
                guard try lockAndCheck([day], on: connection).isEmpty else { return true }
                try make(DayPartitions.date(of: day), next: DayPartitions.date(of: day + 1), on: connection)
                return false
            }
            if isArchived { closed.archived.insert(day) } else { known.insert(day) }
        }
        return closed
    }

    /// Which of these days, none of which is to be made, are not there. One round trip, however many there are.
    private func closedDays(among days: Set<Int64>, on connection: Connection) throws -> ClosedDays {
        guard !days.isEmpty else { return ClosedDays() }
        let dates = days.sorted().map { "(date '\(DayPartitions.date(of: $0))')" }
        let rows = try connection.query(
            """
            SELECT day - date '1970-01-01', EXISTS (SELECT FROM archived_days AS archived WHERE archived.day = given.day)
            FROM (VALUES \(dates.joined(separator: ", "))) AS given (day)
            WHERE EXISTS (SELECT FROM archived_days AS archived WHERE archived.day = given.day)
                OR (SELECT count(*) FROM pg_inherits
                    WHERE inhparent IN ('images'::regclass, 'inferences'::regclass) AND NOT inhdetachpending
                        AND inhrelid IN (to_regclass('images_' || to_char(day, 'YYYY_MM_DD')),
                            to_regclass('inferences_' || to_char(day, 'YYYY_MM_DD')))) < 2
            """)
        var closed = ClosedDays()
        for row in rows {
            guard let day = row.int(0) else { continue }
            if row[1] == "t" { closed.archived.insert(day) } else { closed.outside.insert(day) }
        }
        return closed
    }

    /// Keeps those days from being archived until the transaction ends, which must be open: an archiver waits for it before
    /// it reads a day. One round trip.
    ///
    /// - Returns: the days among them that are archived, or are being: rows of them must not be stored.
    func lockAndCheck(_ days: Set<Int64>, on connection: Connection) throws(PostgresError) -> Set<Int64> {
        guard !days.isEmpty else { return [] }
        let list = days.sorted()
        let locks = list.map { "pg_advisory_xact_lock_shared(\(DayPartitions.lockSpace), \($0))" }
        // Two statements: the second one's snapshot is taken once the locks are held.
        let rows = try connection.queryLast(
            """
            SELECT \(locks.joined(separator: ", "));
            SELECT day - date '1970-01-01' FROM archived_days
            WHERE day IN (\(list.map { "date '\(DayPartitions.date(of: $0))'" }.joined(separator: ", ")))
            """)
        return Set(rows.compactMap { $0.int(0) })
    }

    /// Forgets what it knows: partitions may have gone meanwhile.
    mutating func forget() {
        known = []
    }

    private func make(_ date: String, next: String, on connection: Connection) throws {
        let suffix = date.replacing("-", with: "_")
        for table in ["images", "inferences"] {
            let storage = DayPartitions.storage(of: table).map { " WITH (\($0))" } ?? ""
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS \(table)_\(suffix) PARTITION OF \(table)
                FOR VALUES FROM ('\(date) 00:00:00+00') TO ('\(next) 00:00:00+00')\(storage)
                """)
            // IF NOT EXISTS is content with any table of that name.
            let attached = try connection.query(
                """
                SELECT FROM pg_inherits WHERE inhrelid = '\(table)_\(suffix)'::regclass
                    AND inhparent = '\(table)'::regclass AND NOT inhdetachpending
                """)
            guard attached.count == 1 else {
                throw RoleError(
                    .badData,
                    """
                    the table \(table)_\(suffix) is there, but is no partition of \(table): attach it, or give it another \
                    name, for the rows of that day to be stored
                    """)
            }
        }
    }
}
