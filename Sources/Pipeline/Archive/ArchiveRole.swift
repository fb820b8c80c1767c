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
    private let attempt: String

    /// - Parameter services: log and stop signal.
    public init(options: ArchiveOptions, services: RoleServices) {
        self.init(options: options, services: services, attempt: String(UInt64.random(in: .min ... .max), radix: 36))
    }

    /// - Parameter attempt: part of the names of temporary files: no other run has it.
    init(options: ArchiveOptions, services: RoleServices, attempt: String) {
        self.options = options
        self.services = services
        self.attempt = attempt
    }

    /// Archives one day after the other, the earliest first; days that a former run left unfinished come before others. A day
    /// that cannot be archived does not keep the others from it.
    ///
    /// - Returns: what was done, and which days could not be archived.
    /// - Throws: `PostgresError`; `RoleError`: 64 for a day that is not over, 65 for a database without the tables, 73 and 74
    ///   for the folder, 75 where it was stopped or another one is at work. Days done before stay done.
    public func run() throws -> ArchiveSummary {
        let connection = try ArchiveSession.open(
            options.database, name: "iotpipe archive", services: services, changesNothing: options.isDryRun)
        let watch = WaitWatch(options.database, process: connection.backendProcess, logger: services.logger)
        defer { withExtendedLifetime(watch) {} }
        do {
            return try run(on: connection)
        } catch let error as PostgresError where error.code == .cancelled && services.stop.isRequested {
            throw ArchiveRole.stopped
        }
    }

    private func run(on connection: Connection) throws -> ArchiveSummary {
        let plan = try ArchivePlan(options: options, connection: connection)
        for name in plan.strange {
            services.logger.warning("the partition \(name) is no day of both tables: it is left as it is")
        }
        var summary = ArchiveSummary(isDryRun: options.isDryRun)
        let isWriting = !options.isDryRun && !plan.days.isEmpty
        if isWriting { try ArchiveFolder(options.output).create() }
        let lock = isWriting ? try FolderLock(ArchiveFolder(options.output).path, .writer) : nil
        defer { withExtendedLifetime(lock) {} }
        for entry in plan.days {
            try checkStop()
            do {
                try run(entry, on: connection, &summary)
            } catch {
                if services.stop.isRequested { throw ArchiveRole.stopped }
                services.logger.error("cannot archive \(entry.day): \(error)")
                summary.failures.append(ArchiveSummary.Failure(day: entry.day, error: error))
                // Without a connection the others would fail likewise.
                guard connection.isUsable else { break }
            }
        }
        return summary
    }

    private func run(
        _ entry: ArchivePlan.Entry, on connection: Connection, _ summary: inout ArchiveSummary
    ) throws {
        guard entry.record?.state != .dropped else {
            return summary.archivedBefore.append((entry.day, entry.record?.path))
        }
        guard entry.isThere else {
            throw RoleError(.badData, "\(entry.day) has no partitions in \(connection.endpoint)")
        }
        summary.days.append(try options.isDryRun ? preview(entry, on: connection) : archive(entry, on: connection))
    }

    // MARK: - One day

    private func preview(_ entry: ArchivePlan.Entry, on connection: Connection) throws -> ArchiveSummary.Day {
        let (day, catalog) = (entry.day, PartitionCatalog(connection: connection))
        try catalog.finishPending(changesNothing: true)
        try catalog.checkDependents(day)
        let folder = ArchiveFolder(options.output)
        try folder.check()
        let tables = try ArchivedTable.allCases.filter { try catalog.attachment($0, day) != .missing }
        if entry.record == nil || entry.record?.state == .exporting {
            let export = entry.record?.export ?? UUID()
            let own = Set([export, try catalog.origin(of: day)].compactMap { $0 })
            let claim = DayClaim(day: day, folder: folder, export: export, own: own)
            _ = try claim.standing(changesNothing: true) {
                try Dictionary(uniqueKeysWithValues: tables.map { ($0, try catalog.digest($0, day)) })
            }
        }
        var rows: [ArchivedTable: Int] = [:]
        for table in tables {
            let count = try connection.query("SELECT count(*) FROM \(table.partition(of: day))")[0].int(0)
            rows[table] = Int(count ?? 0)
        }
        return ArchiveSummary.Day(
            day: day, images: rows[.images] ?? 0, inferences: rows[.inferences] ?? 0,
            databaseBytes: try catalog.bytes(day), fileBytes: 0, resumed: entry.record?.state.rawValue)
    }

    private func archive(_ entry: ArchivePlan.Entry, on connection: Connection) throws -> ArchiveSummary.Day {
        let databaseBytes = try PartitionCatalog(connection: connection).bytes(entry.day)
        let archiving = DayArchiving(
            options: options, services: services, connection: connection, attempt: attempt, progress: checkStop)
        let (done, fileBytes) = try archiving.run(entry.day, entry.record)
        return ArchiveSummary.Day(
            day: entry.day, images: done.digests[.images]?.rows ?? 0,
            inferences: done.digests[.inferences]?.rows ?? 0, databaseBytes: databaseBytes, fileBytes: fileBytes,
            resumed: entry.record?.state.rawValue)
    }

    private func checkStop() throws {
        if services.stop.isRequested { throw ArchiveRole.stopped }
    }

    private static let stopped = RoleError(
        .temporaryFailure, "stopped before all days were archived: the next run goes on from there")
}
