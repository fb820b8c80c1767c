import FoundationEssentials
import Glibc

/// The files of archived days in one folder.
struct ArchiveFolder: Equatable {
    /// What stands before the names of folders with older exports that a later one replaced.
    static let supersededPrefix = "superseded-"

    /// The folder's path, absolute.
    let path: String

    init(_ path: String) {
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        self.path =
            trimmed.hasPrefix("/") ? trimmed : "\(FileManager.default.currentDirectoryPath)/\(trimmed)"
    }

    // MARK: Names

    func dataName(_ table: ArchivedTable, _ day: UTCDay) -> String { "\(table.rawValue)-\(day).csv.gz" }
    func manifestName(_ day: UTCDay) -> String { "archive-\(day).json" }
    func file(_ name: String) -> String { "\(path)/\(name)" }
    func manifestPath(_ day: UTCDay) -> String { file(manifestName(day)) }

    /// Where a file is written before it gets its name. Each attempt of each export has names of its own.
    func partPath(_ name: String, export: UUID, attempt: String) -> String {
        file("\(partPrefix(name, export)).\(attempt).part")
    }

    private func partPrefix(_ name: String, _ export: UUID) -> String { ".\(name).\(export.uuidString.lowercased())" }

    /// The unfinished files of an export, of all its attempts.
    func parts(_ name: String, export: UUID) -> [String] {
        let prefix = partPrefix(name, export)
        return names().filter { $0.hasPrefix("\(prefix).") && $0.hasSuffix(".part") }.map(file)
    }

    /// The names of what is in the folder, in order; none where it cannot be read.
    func names() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// This folder, and those in it that have an older export of the day.
    func withSuperseded(_ day: UTCDay) -> [ArchiveFolder] {
        let prefix = "\(ArchiveFolder.supersededPrefix)\(day)-"
        return [self] + names().filter { $0.hasPrefix(prefix) }.map { ArchiveFolder(file($0)) }
    }

    // MARK: Reading

    /// The manifest of a day; nil where there is none.
    func manifest(_ day: UTCDay) throws(RoleError) -> ArchiveManifest? {
        try manifest(day, at: manifestPath(day))
    }

    /// The manifest of a day in a file of any name; nil where there is none.
    func manifest(_ day: UTCDay, at path: String) throws(RoleError) -> ArchiveManifest? {
        guard exists(path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else { throw FileFailure.reading(path) }
        let manifest = try ArchiveManifest(Array(data), path: path)
        guard manifest.day == day.description else {
            throw RoleError(.badData, "\(path) is of \(manifest.day): take another copy of it")
        }
        return manifest
    }

    /// Reads both files of a day from start to end and compares them with their manifest.
    ///
    /// - Parameter progress: called with each piece; may throw to stop.
    /// - Throws: `RoleError`: 66 where one is missing, 65 where one is not what the manifest says.
    @discardableResult
    func verify(_ manifest: ArchiveManifest, progress: () throws -> Void) throws -> VerifiedFiles {
        // Before they are read: what changes meanwhile has changed.
        let files = try VerifiedFiles(manifest, in: self)
        for table in manifest.tables {
            let path = file(table.file)
            let rows = try CSVRows()
            let summary = try GzipReader.read(path) { piece in
                try progress()
                rows.add(piece)
            }
            guard summary == table.summary else {
                throw RoleError(
                    .badData,
                    """
                    \(path) is not the file that its manifest describes: \(summary.fileBytes) bytes with SHA-256 \
                    \(summary.fileSHA256), expected \(table.fileBytes) with \(table.fileSHA256): take another copy of it
                    """)
            }
            guard rows.isComplete, rows.header == ArchivedColumn.header(table.columns),
                rows.digest == RowsDigest(rows: table.rows, checksum: table.checksum)
            else {
                throw RoleError(
                    .badData,
                    """
                    \(path) has \(rows.digest.rows) rows with checksum \(rows.digest.checksum), expected \(table.rows) with \
                    \(table.checksum): take another copy of it
                    """)
            }
        }
        return files
    }
}
