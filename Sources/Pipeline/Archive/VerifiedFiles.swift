import Glibc

/// The files of a day as they were when they were read from start to end and found good.
struct VerifiedFiles {
    /// What tells whether a file is still the one that was read.
    private struct Mark: Equatable {
        let device: UInt64
        let inode: UInt64
        let bytes: Int64
        let changed: [Int]

        init(_ path: String) throws(RoleError) {
            var status = stat()
            guard stat(path, &status) == 0 else { throw FileFailure.reading(path) }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            bytes = Int64(status.st_size)
            changed = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        }
    }

    let folder: ArchiveFolder
    let manifest: ArchiveManifest
    private let marks: [Mark]

    /// Takes the marks, before the files are read.
    init(_ manifest: ArchiveManifest, in folder: ArchiveFolder) throws(RoleError) {
        self.folder = folder
        self.manifest = manifest
        marks = try VerifiedFiles.marks(manifest, folder)
    }

    /// Bytes of the data files.
    var bytes: Int { manifest.tables.reduce(0) { $0 + $1.fileBytes } }

    /// Whether manifest and files are still those. Reads the manifest alone.
    func areUnchanged(_ day: UTCDay) -> Bool {
        guard let now = try? folder.manifest(day), now == manifest else { return false }
        return (try? VerifiedFiles.marks(manifest, folder)) == marks
    }

    private static func marks(_ manifest: ArchiveManifest, _ folder: ArchiveFolder) throws(RoleError) -> [Mark] {
        var marks: [Mark] = []
        for table in manifest.tables { marks.append(try Mark(folder.file(table.file))) }
        return marks
    }
}
