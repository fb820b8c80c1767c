import FoundationEssentials
import Postgres
import Telemetry

/// Takes one day through its states, from wherever a former run left it.
struct DayArchiving {
    /// How often a day is exported again because its rows were changed meanwhile.
    private static let attempts = 3

    let options: ArchiveOptions
    let services: RoleServices
    let connection: Connection
    /// Called often; may throw to stop.
    let progress: () throws -> Void

    private var days: ArchivedDays { ArchivedDays(connection: connection) }
    private var catalog: PartitionCatalog { PartitionCatalog(connection: connection) }

    /// - Parameter former: the day's state; nil begins it.
    /// - Returns: the day as it is now, and the bytes of its files.
    func run(_ day: UTCDay, _ former: ArchivedDay?) throws -> (ArchivedDay, fileBytes: Int) {
        let folder = ArchiveFolder(options.output)
        var record = former ?? ArchivedDay(day: day, state: .exporting, export: UUID(), path: folder.path)
        if former == nil, try !days.mark(record) {
            throw RoleError(.temporaryFailure, "\(day) was taken by another program just now: try again")
        }
        if let former { services.logger.info("going on with \(day)", ["state": former.state.rawValue]) }
        var fileBytes: Int?
        var exports = 0
        while record.state != .dropped {
            try progress()
            switch record.state {
            case .exporting:
                guard exports < DayArchiving.attempts else {
                    throw RoleError(
                        .temporaryFailure, "the rows of \(day) go on changing: find out who writes them, then try again"
                    )
                }
                exports += 1
                fileBytes = try export(&record, isFresh: former == nil && exports == 1)
            case .exported, .detached:
                // What an earlier run wrote is read again: files may have gone since.
                if fileBytes == nil { fileBytes = try checkFiles(&record) }
                if record.state == .exported {
                    services.logger.info("detaching \(day)")
                    try catalog.detach(day)
                    try advance(&record, to: .detached)
                } else if record.state == .detached {
                    try drop(&record)
                }
            case .dropped: break
            }
        }
        services.logger.info("archived \(day)", ["path": record.path ?? ""])
        return (record, fileBytes ?? 0)
    }

    private func advance(_ record: inout ArchivedDay, to state: ArchivedDay.State) throws {
        record.state = state
        try days.update(record)
    }

    // MARK: - Export

    private func export(_ record: inout ArchivedDay, isFresh: Bool) throws -> Int {
        let day = record.day
        for table in ArchivedTable.allCases where try catalog.attachment(table, day) == .missing {
            throw RoleError(
                .badData,
                "\(table.partition(of: day)) is missing, and \(day) was not archived: find out who dropped it")
        }
        let folder = ArchiveFolder(options.output)
        let export = record.export ?? UUID()
        // In another folder now: what the former run left there is of no use.
        if let path = record.path, path != folder.path { ArchiveFolder(path).removeParts(day, export: export) }
        record.export = export
        record.path = folder.path
        record.digests = [:]
        try days.update(record)
        services.logger.info("exporting \(day)", ["path": folder.path])
        let files = DayExport(
            day: day, export: export, folder: folder, version: options.version, isResumed: !isFresh,
            connection: connection, progress: progress)
        let manifest: ArchiveManifest
        do {
            manifest = try files.run()
        } catch {
            // As if it had not been begun. Where that fails too, the next run takes it up.
            if isFresh { try? days.remove(day) }
            throw error
        }
        try files.publish(manifest)
        services.logger.info("reading the files of \(day) again")
        try folder.verify(manifest, progress: progress)
        for table in ArchivedTable.allCases { record.digests[table] = manifest.digest(table) }
        try advance(&record, to: .exported)
        return manifest.tables.reduce(0) { $0 + $1.fileBytes }
    }

    /// Reads the files of an earlier run again. Where they are not what they were, the day is exported anew as long as its
    /// rows are there.
    ///
    /// - Returns: their bytes; nil where the day goes back to its export.
    private func checkFiles(_ record: inout ArchivedDay) throws -> Int? {
        let folder = ArchiveFolder(record.path ?? options.output)
        do {
            guard let manifest = try folder.manifest(record.day) else {
                throw RoleError(.inputMissing, "\(folder.manifestPath(record.day)) is missing")
            }
            guard ArchivedTable.allCases.allSatisfy({ manifest.digest($0) == record.digests[$0] }) else {
                throw RoleError(.badData, "\(folder.manifestPath(record.day)) is of another export")
            }
            try folder.verify(manifest, progress: progress)
            return manifest.tables.reduce(0) { $0 + $1.fileBytes }
        } catch let error as RoleError where [.badData, .inputMissing].contains(error.status) {
            services.logger.warning("the files of \(record.day) have to be written again: \(error.message)")
            try advance(&record, to: .exporting)
            return nil
        }
    }

    // MARK: - Drop

    /// Drops the tables of a day, once their rows are the ones that the files have.
    private func drop(_ record: inout ArchivedDay) throws {
        let day = record.day
        var dropped = record
        dropped.state = .dropped
        let isUnchanged = try connection.transaction { () -> Bool in
            for table in ArchivedTable.allCases where try catalog.attachment(table, day) != .missing {
                let name = table.partition(of: day)
                try connection.execute("LOCK TABLE \(name) IN ACCESS EXCLUSIVE MODE")
                let columns = try ArchivedColumn.all(of: name, on: connection)
                guard try RowsDigest(of: name, columns: columns, on: connection) == record.digests[table] else {
                    return false
                }
                try connection.execute("DROP TABLE \(name)")
            }
            try days.update(dropped)
            return true
        }
        guard isUnchanged else {
            services.logger.warning("rows of \(day) were changed after their export: it is exported again")
            return try advance(&record, to: .exporting)
        }
        record = dropped
    }
}
