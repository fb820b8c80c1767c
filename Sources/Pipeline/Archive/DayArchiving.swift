import FoundationEssentials
import Postgres
import Telemetry

/// Takes one day through its states, from wherever a former run left it. Belongs to one thread.
final class DayArchiving {
    /// How often a day is exported, or its files are read, because something was changed meanwhile.
    private static let attempts = 3

    private let options: ArchiveOptions
    private let services: RoleServices
    private let connection: Connection
    private let attempt: String
    private let progress: () throws -> Void
    /// The day's files, once they were read.
    private var verified: VerifiedFiles?
    private var exports = 0
    private var readings = 0

    private var days: ArchivedDays { ArchivedDays(connection: connection) }
    private var catalog: PartitionCatalog { PartitionCatalog(connection: connection) }

    /// - Parameters:
    ///   - attempt: part of the names of temporary files: no other run has it.
    ///   - progress: called often; may throw to stop.
    init(
        options: ArchiveOptions, services: RoleServices, connection: Connection, attempt: String,
        progress: @escaping () throws -> Void
    ) {
        self.options = options
        self.services = services
        self.connection = connection
        self.attempt = attempt
        self.progress = progress
    }

    /// - Parameter former: the day's state; nil begins it.
    /// - Returns: the day as it is now, and the bytes of its files.
    func run(_ day: UTCDay, _ former: ArchivedDay?) throws -> (ArchivedDay, fileBytes: Int) {
        let folder = ArchiveFolder(options.output)
        try catalog.finishPending()
        try catalog.checkDependents(day)
        // The files of an earlier run may be elsewhere, and are only read there.
        let lock = try former?.path.flatMap { path throws(RoleError) in
            path == folder.path || !folder.exists(path) ? nil : try FolderLock(path, .reader)
        }
        defer { withExtendedLifetime(lock) {} }
        var record = former ?? ArchivedDay(day: day, state: .exporting, export: UUID(), path: folder.path)
        if former == nil, try !days.mark(record) {
            throw RoleError(.temporaryFailure, "\(day) was taken by another program just now: try again")
        }
        if let former { services.logger.info("going on with \(day)", ["state": former.state.rawValue]) }
        while record.state != .dropped {
            try progress()
            switch record.state {
            case .exporting: try export(&record, isFresh: former == nil && exports == 0)
            case .exported, .detached:
                // What an earlier run wrote is read again: files may have gone since.
                if let verified, verified.areUnchanged(day) {
                    try record.state == .exported ? detach(&record) : drop(&record, verified)
                } else {
                    try checkFiles(&record)
                }
            case .dropped: break
            }
        }
        if let path = record.path, let export = (former ?? record).export {
            ArchiveFolder(path).removeParts(day, export: export)
        }
        services.logger.info("archived \(day)", ["path": record.path ?? ""])
        return (record, verified?.bytes ?? 0)
    }

    private func change(_ record: inout ArchivedDay, _ body: (inout ArchivedDay) -> Void) throws {
        var changed = record
        body(&changed)
        try days.update(changed, from: record)
        record = changed
    }

    // MARK: - Export

    private func export(_ record: inout ArchivedDay, isFresh: Bool) throws {
        let day = record.day
        for table in ArchivedTable.allCases where try catalog.attachment(table, day) == .missing {
            throw RoleError(
                .badData,
                "\(table.partition(of: day)) is missing, and \(day) was not archived: find out who dropped it")
        }
        exports += 1
        guard exports <= DayArchiving.attempts else {
            throw RoleError(
                .temporaryFailure, "the rows of \(day) go on changing: find out who writes them, then try again")
        }
        let folder = ArchiveFolder(options.output)
        let export = record.export ?? UUID()
        // In another folder now: what the former run left there is of no use.
        if let path = record.path, path != folder.path { ArchiveFolder(path).removeParts(day, export: export) }
        try change(&record) { record in
            record.export = export
            record.path = folder.path
            record.digests = [:]
        }
        services.logger.info("exporting \(day)", ["path": folder.path])
        let own = Set([export, try catalog.origin(of: day)].compactMap { $0 })
        let claim = DayClaim(day: day, folder: folder, export: export, own: own)
        let writing = DayWriting(
            claim: claim, attempt: attempt, version: options.version, connection: connection, logger: services.logger,
            progress: progress)
        do {
            let marked = record
            let files = try writing.run { try self.days.update(marked, from: marked) }
            try change(&record) { record in
                record.state = .exported
                record.export = files.manifest.export
                for table in ArchivedTable.allCases { record.digests[table] = files.manifest.digest(table) }
            }
            verified = files
        } catch {
            // As if it had not been begun. Where that fails too, the next run takes it up.
            writing.undo()
            if isFresh { try? days.unmark(record) }
            throw error
        }
        folder.removeParts(day, export: export)
    }

    // MARK: - Files

    /// Reads the files again, which an earlier run wrote, or which have changed. Where they are not what they were, the day
    /// is exported anew as long as its rows are there.
    private func checkFiles(_ record: inout ArchivedDay) throws {
        let day = record.day
        if verified != nil { services.logger.warning("the files of \(day) were changed since they were read") }
        verified = nil
        readings += 1
        guard readings <= DayArchiving.attempts else {
            throw RoleError(
                .temporaryFailure, "the files of \(day) go on changing: find out who writes them, then try again")
        }
        let folder = ArchiveFolder(record.path ?? options.output)
        do {
            guard let manifest = try folder.manifest(day) else {
                throw RoleError(.inputMissing, "\(folder.manifestPath(day)) is missing")
            }
            guard ArchivedTable.allCases.allSatisfy({ manifest.digest($0) == record.digests[$0] }) else {
                throw RoleError(.badData, "\(folder.manifestPath(day)) is of another export")
            }
            services.logger.info("reading the files of \(day) again")
            verified = try folder.verify(manifest, progress: progress)
        } catch let error as RoleError where [.badData, .inputMissing].contains(error.status) {
            services.logger.warning("the files of \(day) have to be written again: \(error.message)")
            try change(&record) { $0.state = .exporting }
        }
    }

    // MARK: - Detach and drop

    private func detach(_ record: inout ArchivedDay) throws {
        services.logger.info("detaching \(record.day)")
        try catalog.detach(record.day)
        try change(&record) { $0.state = .detached }
    }

    /// Drops the tables of a day, once their rows are the ones that the files have, and the files still those that were read.
    private func drop(_ record: inout ArchivedDay, _ verified: VerifiedFiles) throws {
        let day = record.day
        var dropped = record
        dropped.state = .dropped
        let areRowsUnchanged = try connection.transaction { () -> Bool in
            let tables = try ArchivedTable.allCases.filter { try catalog.attachment($0, day) != .missing }
            for name in tables.map({ $0.partition(of: day) }) {
                try connection.execute("LOCK TABLE \(name) IN ACCESS EXCLUSIVE MODE")
            }
            for table in tables {
                let name = table.partition(of: day)
                let columns = try ArchivedColumn.all(of: name, on: connection)
                guard try RowsDigest(of: name, columns: columns, on: connection) == record.digests[table] else {
                    return false
                }
            }
            // That took its time. The next round reads changed files again.
            guard verified.areUnchanged(day) else { return true }
            for table in tables { try connection.execute("DROP TABLE \(table.partition(of: day))") }
            try days.update(dropped, from: record)
            record = dropped
            return true
        }
        if !areRowsUnchanged {
            services.logger.warning("rows of \(day) were changed after their export: it is exported again")
            try change(&record) { $0.state = .exporting }
        }
    }
}
