import Events
import Postgres

/// Which days a run of archive takes, in which order.
struct ArchivePlan {
    struct Entry {
        let day: UTCDay
        /// How far a former run has come; nil for a day that none has begun.
        let record: ArchivedDay?
        /// Whether there is anything to archive.
        let isThere: Bool
    }

    let days: [Entry]
    /// Partitions that persist did not make or that lack their other half, and that no run has begun.
    let strange: [String]

    /// - Throws: `RoleError` (64) for a day that is not over; `PostgresError`.
    init(options: ArchiveOptions, connection: Connection) throws {
        let records = try ArchivedDays(connection: connection).all()
        let (partitions, strange) = try PartitionCatalog(connection: connection).days()
        let unfinished = records.filter { $0.state != .dropped }
        let begun = Set(unfinished.map(\.day))
        let halves = Set(begun.flatMap { day in ArchivedTable.allCases.map { $0.partition(of: day) } })
        self.strange = strange.filter { !halves.contains($0) }
        guard options.days.isEmpty else {
            let today = UTCDay(DayPartitions.day(of: .now))
            if let early = options.days.first(where: { $0 >= today }) {
                throw RoleError(.usage, "\(early) is not over yet: choose a day before today (UTC)")
            }
            days = options.days.map { day in
                let record = records.first { $0.day == day }
                return Entry(day: day, record: record, isThere: record != nil || partitions.contains(day))
            }
            return
        }
        let limit = Timestamp.now.adding(nanoseconds: -ArchivePlan.nanoseconds(options.olderThan))
        let last = UTCDay(DayPartitions.day(of: limit))
        let fresh = partitions.filter { $0 < last && !begun.contains($0) }
        days =
            unfinished.map { Entry(day: $0.day, record: $0, isThere: true) }
            + fresh.map { Entry(day: $0, record: nil, isThere: true) }
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
