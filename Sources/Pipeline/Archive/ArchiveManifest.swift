import FoundationEssentials

/// What an archived day's files hold, in a file beside them. It is written last: where it is, its files are whole.
struct ArchiveManifest: Codable, Equatable, Sendable {
    /// One table's rows.
    struct Table: Codable, Equatable, Sendable {
        let table: String
        /// The name of the file, in the manifest's folder.
        let file: String
        let columns: [ArchivedColumn]
        let rows: Int
        /// See `ArchivedColumn.checksum`.
        let checksum: String
        let fileBytes: Int
        let fileSHA256: String
        let contentBytes: Int
        let contentSHA256: String

        var summary: GzipSummary {
            GzipSummary(
                fileBytes: fileBytes, fileSHA256: fileSHA256, contentBytes: contentBytes, contentSHA256: contentSHA256)
        }
    }

    static let format = "iotpipe-archive"
    static let version = 1

    var format = ArchiveManifest.format
    var formatVersion = ArchiveManifest.version
    /// The date.
    let day: String
    /// The same each time a day's export is begun again after an interruption.
    let export: UUID
    let exportedAt: String
    let iotpipeVersion: String
    let postgresVersion: Int
    /// The last migration of the tables.
    let schema: String
    let tables: [Table]

    func table(_ table: ArchivedTable) -> Table? { tables.first { $0.table == table.rawValue } }

    /// Rows and checksum of a table; nil where they are missing or malformed.
    func digest(_ table: ArchivedTable) -> RowsDigest? {
        self.table(table).flatMap { RowsDigest(rows: $0.rows, checksum: $0.checksum) }
    }

    // MARK: Text

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0A]
    }

    /// Reads a manifest.
    ///
    /// - Throws: `RoleError` (65) where it is none, or one of a newer version.
    init(_ bytes: [UInt8], path: String) throws(RoleError) {
        // The decoder aborts on some malformed text. A manifest has no escapes.
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(UInt8(ascii: "\\")),
            let manifest = try? JSONDecoder().decode(ArchiveManifest.self, from: Data(bytes)),
            manifest.format == ArchiveManifest.format
        else {
            throw RoleError(.badData, "\(path) is no manifest of an archived day: take another copy of it")
        }
        guard manifest.formatVersion == ArchiveManifest.version else {
            throw RoleError(
                .badData,
                "\(path) has version \(manifest.formatVersion), this iotpipe reads \(ArchiveManifest.version): use a newer one"
            )
        }
        guard ArchivedTable.allCases.allSatisfy({ manifest.digest($0) != nil }),
            manifest.tables.allSatisfy({ !$0.file.isEmpty && !$0.file.contains("/") && !$0.columns.isEmpty })
        else {
            throw RoleError(.badData, "\(path) lacks a table, or has a malformed one: take another copy of it")
        }
        self = manifest
    }

    init(
        day: UTCDay, export: UUID, exportedAt: String, iotpipeVersion: String, postgresVersion: Int, schema: String,
        tables: [Table]
    ) {
        self.day = day.description
        self.export = export
        self.exportedAt = exportedAt
        self.iotpipeVersion = iotpipeVersion
        self.postgresVersion = postgresVersion
        self.schema = schema
        self.tables = tables
    }
}
