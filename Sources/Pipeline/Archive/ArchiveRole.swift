import Events
import FoundationEssentials
import Postgres
import Telemetry

/// Moves whole days out of the database into files: exports them, reads the files again, and only then detaches and drops
/// the partitions.
///
/// `archived_days` has each day's state, so that a run that ended at any point is taken up by the next one.
public struct ArchiveRole {
    private let options: ArchiveOptions
    private let services: RoleServices

    /// - Parameter services: log and stop signal.
    public init(options: ArchiveOptions, services: RoleServices) {
        self.options = options
        self.services = services
    }

    /// Archives one day after the other, the earliest first; days that a former run left unfinished come before others.
    ///
    /// - Throws: `PostgresError`; `RoleError`: 65 where a day cannot be archived, 73 and 74 for files, 75 where it was stopped
    ///   or another one is at work. Days done before stay done.
    public func run() throws -> ArchiveSummary {
        let connection = try ArchiveSession.open(
            options.database, name: "iotpipe archive", services: services, changesNothing: options.isDryRun)
        var summary = ArchiveSummary(isDryRun: options.isDryRun)
        do {
            for (day, record) in try plan(on: connection) {
                try checkStop()
                summary.days.append(
                    try options.isDryRun
                        ? preview(day, record, on: connection) : archive(day, record, on: connection))
            }
        } catch let error as PostgresError where error.code == .cancelled && services.stop.isRequested {
            throw ArchiveRole.stopped
        }
        return summary
    }

    // MARK: - Which days

    private func plan(on connection: Connection) throws -> [(UTCDay, ArchivedDay?)] {
        let records = try ArchivedDays(connection: connection).all()
        let (partitions, strange) = try PartitionCatalog(connection: connection).days()
        let unfinished = records.filter { $0.state != .dropped }
        let begun = Set(unfinished.map(\.day))
        for name in strange
        where !begun.contains(where: { day in
            ArchivedTable.allCases.contains { $0.partition(of: day) == name }
        }) {
            services.logger.warning("the partition \(name) is no day of both tables: it is left as it is")
        }
        guard options.days.isEmpty else {
            let today = UTCDay(DayPartitions.day(of: .now))
            return try options.days.map { day in
                guard day < today else { throw RoleError(.usage, "\(day) is not over yet") }
                let record = records.first { $0.day == day }
                guard record?.state != .dropped else { throw RoleError(.badData, "\(day) is archived already") }
                guard record != nil || partitions.contains(day) else {
                    throw RoleError(.badData, "\(day) has no partitions in \(connection.endpoint)")
                }
                return (day, record)
            }
        }
        let limit = Timestamp.now.adding(nanoseconds: -ArchiveRole.nanoseconds(options.olderThan))
        let last = UTCDay(DayPartitions.day(of: limit))
        let fresh = partitions.filter { $0 < last && !begun.contains($0) }
        return unfinished.map { ($0.day, $0) } + fresh.map { ($0, nil) }
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    private func preview(
        _ day: UTCDay, _ record: ArchivedDay?, on connection: Connection
    ) throws -> ArchiveSummary.Day {
        let catalog = PartitionCatalog(connection: connection)
        var rows: [ArchivedTable: Int] = [:]
        for table in ArchivedTable.allCases where try catalog.attachment(table, day) != .missing {
            let count = try connection.query("SELECT count(*) FROM \(table.partition(of: day))")[0].int(0)
            rows[table] = Int(count ?? 0)
        }
        return ArchiveSummary.Day(
            day: day, images: rows[.images] ?? 0, inferences: rows[.inferences] ?? 0,
            databaseBytes: try catalog.bytes(day), fileBytes: 0, resumed: record?.state.rawValue)
    }

    // MARK: - One day

    private func archive(
        _ day: UTCDay, _ record: ArchivedDay?, on connection: Connection
    ) throws -> ArchiveSummary.Day {
        let catalog = PartitionCatalog(connection: connection)
        let databaseBytes = try catalog.bytes(day)
        let archiving = DayArchiving(
            options: options, services: services, connection: connection, progress: checkStop)
        let (done, fileBytes) = try archiving.run(day, record)
        return ArchiveSummary.Day(
            day: day, images: done.digests[.images]?.rows ?? 0, inferences: done.digests[.inferences]?.rows ?? 0,
            databaseBytes: databaseBytes, fileBytes: fileBytes, resumed: record?.state.rawValue)
    }

    private func checkStop() throws {
        if services.stop.isRequested { throw ArchiveRole.stopped }
    }

    private static let stopped = RoleError(
        .temporaryFailure, "stopped before all days were archived: the next run goes on from there")
}
