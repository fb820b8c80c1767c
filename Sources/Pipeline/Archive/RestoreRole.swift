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
        let catalog = PartitionCatalog(connection: connection)
        let record = try ArchivedDays(connection: connection).find(day)
        var missing: [ArchivedTable] = []
        for table in ArchivedTable.allCases {
            switch try catalog.attachment(table, day) {
            case .attached, .standalone: break
            case .pending:
                try connection.execute("ALTER TABLE \(table) DETACH PARTITION \(table.partition(of: day)) FINALIZE")
            case .missing: missing.append(table)
            }
        }
        let isWhole = missing.isEmpty
        // Rows that never left need no files. Without a mark they are compared with them.
        if isWhole, record != nil {
            try DayAttaching(day: day, connection: connection).run(loaded: [])
            if let record, let path = record.path, let export = record.export {
                ArchiveFolder(path).removeParts(day, export: export)
            }
            return "its partitions had not been dropped: events are stored again"
        }
        let (folder, manifest) = try verifiedFiles(day, record)
        if isWhole {
            try compare(day, manifest, on: connection)
            return "its rows are there already"
        }
        if record == nil {
            // So that nobody makes the partition while its rows are loaded.
            let mark = ArchivedDay(day: day, state: .dropped, export: manifest.export, path: folder.path)
            _ = try ArchivedDays(connection: connection).mark(mark)
        }
        let loading = DayLoading(
            day: day, folder: folder, manifest: manifest, connection: connection, progress: checkStop)
        try loading.prepare(missing)
        try connection.transaction {
            try loading.load(missing)
            try DayAttaching(day: day, connection: connection).attach(loaded: missing)
        }
        for table in missing { try connection.execute("ANALYZE \(table.partition(of: day))") }
        let counts = ArchivedTable.allCases.map { "\(manifest.digest($0)?.rows ?? 0) \($0)" }
        return "\(counts.joined(separator: ", ")) restored from \(folder.path)"
    }

    /// The files, read from start to end and found good.
    private func verifiedFiles(_ day: UTCDay, _ record: ArchivedDay?) throws -> (ArchiveFolder, ArchiveManifest) {
        guard let path = options.input ?? record?.path else {
            throw RoleError(
                .inputMissing,
                "this database does not know where the files of \(day) are: name their folder with --input")
        }
        let folder = ArchiveFolder(path)
        guard let manifest = try folder.manifest(day) else {
            throw RoleError(
                .inputMissing,
                "\(folder.manifestPath(day)) is missing: name the folder of the day's files with --input")
        }
        for (table, digest) in record?.digests ?? [:] where manifest.digest(table) != digest {
            throw RoleError(
                .badData,
                """
                \(folder.manifestPath(day)) is of another export: it has \(manifest.digest(table)?.rows ?? 0) \(table) with \
                checksum \(manifest.digest(table)?.checksum ?? "none"), this database dropped \(digest.rows) with \
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
