import FoundationEssentials
import Glibc

/// The files of archived days in one folder.
struct ArchiveFolder {
    /// The folder's path, absolute.
    let path: String

    init(_ path: String) {
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        self.path =
            trimmed.hasPrefix("/") ? trimmed : "\(FileManager.default.currentDirectoryPath)/\(trimmed)"
    }

    // MARK: Names

    func dataName(_ table: ArchivedTable, _ day: UTCDay) -> String { "\(table.rawValue)-\(day).csv.gz" }
    func file(_ name: String) -> String { "\(path)/\(name)" }
    func manifestPath(_ day: UTCDay) -> String { file("archive-\(day).json") }

    /// Where a file is written before it gets its name. Another export has other names.
    func partPath(_ name: String, export: UUID) -> String { file(".\(name).\(export.uuidString.lowercased()).part") }

    // MARK: Writing

    /// Makes the folder where it is missing; its parent must be there.
    func create() throws(RoleError) {
        if mkdir(path, 0o750) != 0, errno != EEXIST { throw FileFailure.creating(path) }
        guard access(path, W_OK | X_OK) == 0 else { throw FileFailure.creating(path) }
    }

    /// Writes a small file under its temporary name and waits until it is on the disk.
    func write(_ bytes: [UInt8], to path: String) throws(RoleError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileFailure.creating(path) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileFailure.writing(path)
            }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw FileFailure.writing(path) }
    }

    /// Gives a finished file its name.
    func rename(_ part: String, to path: String) throws(RoleError) {
        guard Glibc.rename(part, path) == 0 else { throw FileFailure.writing(path) }
    }

    /// Waits until the names of the folder's files are on the disk.
    func synchronize() throws(RoleError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure.creating(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure.writing(path) }
    }

    /// Removes what an export left unfinished.
    func removeParts(_ day: UTCDay, export: UUID) {
        for table in ArchivedTable.allCases { unlink(partPath(dataName(table, day), export: export)) }
        unlink(partPath("archive-\(day).json", export: export))
    }

    func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    // MARK: Reading

    /// The manifest of a day; nil where there is none.
    func manifest(_ day: UTCDay) throws(RoleError) -> ArchiveManifest? {
        let path = manifestPath(day)
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
    func verify(_ manifest: ArchiveManifest, progress: () throws -> Void) throws {
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
    }
}
