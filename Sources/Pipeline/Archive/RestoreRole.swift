import Events
import FoundationEssentials
import Postgres
import Telemetry

/// Puts archived days back: their rows, their partitions, and that events of them are stored again.
public struct RestoreRole {
    private let options: RestoreOptions
    private let services: RoleServices

    /// - Parameter services: log and stop signal.
    public init(options: RestoreOptions, services: RoleServices) {
        self.options = options
        self.services = services
    }

    /// Restores one day after the other.
    ///
    /// - Returns: what was done, a line a day.
    /// - Throws: `PostgresError`; `RoleError`: 65 where files are not what their manifest says, 66 where they are missing, 75
    ///   where it was stopped or another one is at work.
    public func run() throws -> [String] {
        let connection = try ArchiveSession.open(options.database, name: "iotpipe restore", services: services)
        let watch = WaitWatch(options.database, process: connection.backendProcess, logger: services.logger)
        defer { withExtendedLifetime(watch) {} }
        do {
            return try options.days.map { day in
                try checkStop()
                return "\(day)  \(try restore(day, on: connection))"
            }
        } catch let error as PostgresError where error.code == .cancelled && services.stop.isRequested {
            throw RestoreRole.stopped
        }
    }

    private func restore(_ day: UTCDay, on connection: Connection) throws -> String {
        let days = ArchivedDays(connection: connection)
        let record = try days.find(day)
        try finishDetaching(day, on: connection)
        // Rows that never left need no files.
        if let record, try missing(day, on: connection).isEmpty {
            try DayAttaching(day: day, connection: connection).run(loaded: [])
            if let path = record.path, let export = record.export {
                ArchiveFolder(path).removeParts(day, export: export)
            }
            return "its partitions had not been dropped: events are stored again"
        }
        // A day that is there, and of which no record says that it left, needs no file either; where one is named they are
        // compared.
        if record == nil, options.input == nil, try missing(day, on: connection).isEmpty {
            return "its rows are there already"
        }
        guard let path = options.input ?? record?.path else {
            throw RoleError(
                .inputMissing,
                "this database does not know where the files of \(day) are: name their folder with --input")
        }
        let lock = try FolderLock(path, .reader)
        defer { withExtendedLifetime(lock) {} }
        let (folder, manifest) = try verifiedFiles(day, record, in: ArchiveFolder(path))
        // Marked before its rows are loaded, so that nobody makes the partition meanwhile. Looked at under the same lock.
        let mark = ArchivedDay(day: day, state: .dropped, export: manifest.export, path: folder.path)
        let isMarked = try record == nil && days.mark(mark) { try !missing(day, on: connection).isEmpty }
        if record == nil, !isMarked {
            try compare(day, manifest, on: connection)
            return "its rows are there already"
        }
        let loading = DayLoading(
            day: day, folder: folder, manifest: manifest, connection: connection, progress: checkStop)
        let tables = try missing(day, on: connection)
        do {
            try loading.prepare(tables)
            try connection.transaction {
                try loading.load(tables)
                try DayAttaching(day: day, connection: connection).attach(loaded: tables)
                try PartitionCatalog(connection: connection).setOrigin(manifest.export, of: day)
            }
        } catch {
            // As if it had not been begun. Where that fails too, the next run takes it up.
            try? loading.discard(tables)
            if isMarked { try? days.unmark(mark) }
            throw error
        }
        for table in tables { try connection.execute("ANALYZE \(table.partition(of: day))") }
        let counts = ArchivedTable.allCases.map { "\(manifest.digest($0)?.rows ?? 0) \($0)" }
        return "\(counts.joined(separator: ", ")) restored from \(folder.path)"
    }

    /// Ends the detaching of a day's partitions that was interrupted: no transaction may be open.
    private func finishDetaching(_ day: UTCDay, on connection: Connection) throws {
        let catalog = PartitionCatalog(connection: connection)
        for table in ArchivedTable.allCases where try catalog.attachment(table, day) == .pending {
            try connection.execute("ALTER TABLE \(table) DETACH PARTITION \(table.partition(of: day)) FINALIZE")
        }
    }

    /// The tables that a day lacks.
    private func missing(_ day: UTCDay, on connection: Connection) throws -> [ArchivedTable] {
        let catalog = PartitionCatalog(connection: connection)
        return try ArchivedTable.allCases.filter { try catalog.attachment($0, day) == .missing }
    }

    /// The files, read from start to end and found good.
    private func verifiedFiles(
        _ day: UTCDay, _ record: ArchivedDay?, in folder: ArchiveFolder
    ) throws -> (ArchiveFolder, ArchiveManifest) {
        let candidates = try folder.withSuperseded(day).compactMap { folder in
            try folder.manifest(day).map { (folder, $0) }
        }
        guard let first = candidates.first else {
            throw RoleError(
                .inputMissing,
                "\(folder.manifestPath(day)) is missing: name the folder of the day's files with --input")
        }
        let digests = record?.digests ?? [:]
        let fitting = candidates.first { _, manifest in digests.allSatisfy { manifest.digest($0.key) == $0.value } }
        guard let (folder, manifest) = fitting else {
            let (table, digest) = digests.first { first.1.digest($0.key) != $0.value } ?? (.images, RowsDigest())
            throw RoleError(
                .badData,
                """
                \(folder.manifestPath(day)) is of another export: it has \(first.1.digest(table)?.rows ?? 0) \(table) with \
                checksum \(first.1.digest(table)?.checksum ?? "none"), this database dropped \(digest.rows) with \
                \(digest.checksum)
                """)
        }
        services.logger.info("reading the files of \(day)", ["path": folder.path])
        try folder.verify(manifest, progress: checkStop)
        return (folder, manifest)
    }

    private func compare(_ day: UTCDay, _ manifest: ArchiveManifest, on connection: Connection) throws {
        for table in ArchivedTable.allCases {
            let columns = manifest.table(table)?.columns ?? []
            let digest = try RowsDigest(of: table.partition(of: day), columns: columns, on: connection)
            guard digest == manifest.digest(table) else {
                throw RoleError(
                    .badData,
                    """
                    \(table.partition(of: day)) is there with \(digest.rows) rows, which are not those of the files \
                    (\(manifest.digest(table)?.rows ?? 0)): nothing was changed
                    """)
            }
        }
    }

    private func checkStop() throws {
        if services.stop.isRequested { throw RestoreRole.stopped }
    }

    private static let stopped = RoleError(.temporaryFailure, "stopped before all days were restored: run it again")
}
