import Events
import FoundationEssentials
import Postgres

/// Writes one day's rows into files, from one snapshot.
struct DayExport {
    let day: UTCDay
    let export: UUID
    /// Part of the temporary names: no other attempt has it.
    let attempt: String
    let folder: ArchiveFolder
    /// The program's version.
    let version: String
    let connection: Connection
    /// Called with each row; may throw to stop.
    let progress: () throws -> Void

    /// One table's rows, before they are written.
    private struct Content {
        let table: ArchivedTable
        let columns: [ArchivedColumn]
        let digest: RowsDigest
    }

    /// Writes the files under temporary names.
    ///
    /// - Parameter isNeeded: told the rows and checksums; where it returns false nothing is written.
    /// - Returns: the manifest; nil where nothing was to be written.
    /// - Throws: `RoleError`: 74 where the disk is full. What was written is left to the caller.
    func run(_ isNeeded: ([ArchivedTable: RowsDigest]) throws -> Bool = { _ in true }) throws -> ArchiveManifest? {
        try connection.transaction { () -> ArchiveManifest? in
            try connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            let contents = try ArchivedTable.allCases.map { table in
                let columns = try ArchivedColumn.all(of: table.rawValue, on: connection)
                let digest = try RowsDigest(of: table.partition(of: day), columns: columns, on: connection)
                return Content(table: table, columns: columns, digest: digest)
            }
            guard try isNeeded(Dictionary(uniqueKeysWithValues: contents.map { ($0.table, $0.digest) })) else {
                return nil
            }
            return try write(contents)
        }
    }

    private func write(_ contents: [Content]) throws -> ArchiveManifest {
        let tables = try contents.map { content in
            let name = folder.dataName(content.table, day)
            let writer = try GzipWriter(
                folder.partPath(name, export: export, attempt: attempt),
                strategy: content.table == .images ? .pictures : .text)
            let sql = ArchivedColumn.copyOut(content.columns, of: content.table.partition(of: day))
            try connection.copyOut(sql) { row in
                try progress()
                try writer.add(row)
            }
            let summary = try writer.finish()
            return ArchiveManifest.Table(
                table: content.table.rawValue, file: name, columns: content.columns, rows: content.digest.rows,
                checksum: content.digest.checksum, fileBytes: summary.fileBytes, fileSHA256: summary.fileSHA256,
                contentBytes: summary.contentBytes, contentSHA256: summary.contentSHA256)
        }
        return ArchiveManifest(
            day: day, export: export, exportedAt: Timestamp.now.rfc3339, iotpipeVersion: version,
            postgresVersion: connection.serverVersion, schema: Schema.migrations.last?.name ?? "", tables: tables)
    }
}
