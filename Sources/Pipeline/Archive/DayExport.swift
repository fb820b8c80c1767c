import Events
import FoundationEssentials
import Glibc
import Postgres

/// Writes one day's rows into files, from one snapshot.
struct DayExport {
    let day: UTCDay
    let export: UUID
    let folder: ArchiveFolder
    /// The program's version.
    let version: String
    /// Whether files without a manifest may be those of this export, begun before.
    let isResumed: Bool
    let connection: Connection
    /// Called with each row; may throw to stop.
    let progress: () throws -> Void

    /// Writes the files under temporary names.
    ///
    /// - Throws: `RoleError`: 73 where the folder has another export of the day, 74 where the disk is full. What was written
    ///   is removed.
    func run() throws -> ArchiveManifest {
        try folder.create()
        do {
            return try connection.transaction { () -> ArchiveManifest in
                try connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                return try write()
            }
        } catch {
            folder.removeParts(day, export: export)
            throw error
        }
    }

    /// Gives the files their names, the manifest last.
    func publish(_ manifest: ArchiveManifest) throws {
        let path = folder.manifestPath(day)
        let part = folder.partPath("archive-\(day).json", export: export)
        try folder.write(try manifest.encoded(), to: part)
        // A manifest never stands beside files that it does not describe.
        if unlink(path) != 0, errno != ENOENT { throw FileFailure.writing(path) }
        try folder.synchronize()
        for table in manifest.tables {
            try folder.rename(folder.partPath(table.file, export: export), to: folder.file(table.file))
        }
        try folder.synchronize()
        try folder.rename(part, to: path)
        try folder.synchronize()
    }

    private func write() throws -> ArchiveManifest {
        var contents: [(table: ArchivedTable, columns: [ArchivedColumn], digest: RowsDigest)] = []
        for table in ArchivedTable.allCases {
            let columns = try ArchivedColumn.all(of: table.rawValue, on: connection)
            let partition = table.partition(of: day)
            contents.append((table, columns, try RowsDigest(of: partition, columns: columns, on: connection)))
        }
        try checkFolder(contents.map { $0.digest })
        var tables: [ArchiveManifest.Table] = []
        for (table, columns, digest) in contents {
            let name = folder.dataName(table, day)
            let writer = try GzipWriter(
                folder.partPath(name, export: export), strategy: table == .images ? .pictures : .text)
            let sql = ArchivedColumn.copyOut(columns, of: table.partition(of: day))
            try connection.copyOut(sql) { row in
                try progress()
                try writer.add(row)
            }
            let summary = try writer.finish()
            tables.append(
                ArchiveManifest.Table(
                    table: table.rawValue, file: name, columns: columns, rows: digest.rows, checksum: digest.checksum,
                    fileBytes: summary.fileBytes, fileSHA256: summary.fileSHA256, contentBytes: summary.contentBytes,
                    contentSHA256: summary.contentSHA256))
        }
        return ArchiveManifest(
            day: day, export: export, exportedAt: Timestamp.now.rfc3339, iotpipeVersion: version,
            postgresVersion: connection.serverVersion, schema: Schema.migrations.last?.name ?? "", tables: tables)
    }

    /// Refuses to replace the files of another export, unless they hold the same rows.
    private func checkFolder(_ digests: [RowsDigest]) throws {
        let refusal = """
            holds another export of \(day): choose another folder with --output, or move its files away if they are not \
            needed
            """
        guard let other = try folder.manifest(day) else {
            let isThere = ArchivedTable.allCases.contains { folder.exists(folder.file(folder.dataName($0, day))) }
            if isThere, !isResumed { throw RoleError(.cannotCreate, "\(folder.path) \(refusal)") }
            return
        }
        guard other.export == export || ArchivedTable.allCases.map({ other.digest($0) }) == digests else {
            throw RoleError(.cannotCreate, "\(folder.path) \(refusal)")
        }
    }
}
