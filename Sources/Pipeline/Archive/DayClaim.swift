import FoundationEssentials
import Glibc

/// What a folder has of a day already, and whether an export may take its place.
struct DayClaim {
    enum Standing: Equatable {
        /// Nothing.
        case free
        /// Files of the very rows that are to be exported.
        case same(ArchiveManifest)
        /// An older export of this database: it can be set aside.
        case older(ArchiveManifest)
    }

    let day: UTCDay
    let folder: ArchiveFolder
    /// The export that is to be published.
    let export: UUID
    /// Former exports of this database.
    let own: Set<UUID>

    /// Looks. Files without a manifest that this export itself left behind, when it was killed while it named them, are
    /// removed unless `changesNothing` is set: their rows are still in the database.
    ///
    /// - Parameters:
    ///   - digests: rows and checksums of what is to be exported, asked for where it matters alone.
    /// - Throws: `RoleError` (73) where the folder has files of another export.
    func standing(
        changesNothing: Bool = false, _ digests: () throws -> [ArchivedTable: RowsDigest]
    ) throws -> Standing {
        guard let other = try folder.manifest(day) else {
            let names = ArchivedTable.allCases.map { folder.dataName($0, day) }
                .filter { folder.exists(folder.file($0)) }
            guard names.isEmpty || areOurs(names) else { throw refusal }
            if !changesNothing {
                for name in names { unlink(folder.file(name)) }
                if !names.isEmpty { try folder.synchronize() }
            }
            return .free
        }
        let rows = try digests()
        if ArchivedTable.allCases.allSatisfy({ rows[$0] != nil && other.digest($0) == rows[$0] }) {
            return .same(other)
        }
        guard own.contains(other.export) || other.export == export else { throw refusal }
        return .older(other)
    }

    /// The error for a folder that has another export of the day.
    var refusal: RoleError {
        RoleError(
            .cannotCreate,
            """
            \(folder.path) holds another export of \(day): choose another folder with --output, or move its files away if they \
            are not needed
            """)
    }

    /// Whether a manifest that this export had not named yet describes these files.
    private func areOurs(_ names: [String]) -> Bool {
        let manifests = folder.parts(folder.manifestName(day), export: export)
            .compactMap { try? folder.manifest(day, at: $0) }
        return names.allSatisfy { name in
            let summary = try? GzipReader.read(folder.file(name)) { _ in }
            return summary != nil
                && manifests.contains { $0.tables.contains { $0.file == name && $0.summary == summary } }
        }
    }
}
