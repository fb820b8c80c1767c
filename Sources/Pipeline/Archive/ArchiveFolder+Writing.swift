import CLinux
import FoundationEssentials
import Glibc

extension ArchiveFolder {
    /// The folder that this one is in.
    private var parent: String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// Makes the folder where it is missing; its parent must be there. Waits until its name is on the disk, since rows are
    /// dropped in reliance on it, whoever has made it.
    func create() throws(RoleError) {
        let isNew = mkdir(path, 0o750) == 0
        if !isNew, errno != EEXIST { throw FileFailure.creating(path) }
        try check()
        do throws(RoleError) {
            try ArchiveFolder(parent).synchronize()
        } catch {
            // Where the parent may not be read, only a folder that was there before can be trusted.
            if isNew || error.status == .ioFailure { throw error }
        }
    }

    /// Whether files can be written here, or the folder be made; changes nothing.
    func check() throws(RoleError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else { throw FileFailure.creating(path, ENOTDIR) }
            guard access(path, R_OK | W_OK | X_OK) == 0 else { throw FileFailure.creating(path) }
            return
        }
        guard errno == ENOENT else { throw FileFailure.creating(path) }
        guard access(parent, W_OK | X_OK) == 0 else { throw FileFailure.creating(path) }
    }

    /// Writes a small file under its temporary name and waits until it is on the disk.
    func write(_ bytes: [UInt8], to path: String) throws(RoleError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileFailure.creating(path) }
        defer { close(descriptor) }
        guard FileBytes.write(bytes, to: descriptor) else { throw FileFailure.writing(path) }
        guard fsync(descriptor) == 0 else { throw FileFailure.writing(path) }
    }

    /// Gives a file a name that no other has.
    ///
    /// - Throws: `RoleError` (73) where another file has it, which stays as it is.
    func rename(_ old: String, to path: String) throws(RoleError) {
        if iotpipe_rename_noreplace(old, path) == 0 { return }
        guard [EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) else { throw refusal(path) }
        // Some network file systems cannot do that. A second name is refused just as well where it is taken.
        guard link(old, path) == 0 else { throw refusal(path) }
        unlink(old)
    }

    private func refusal(_ path: String) -> RoleError {
        guard errno == EEXIST else { return FileFailure.writing(path) }
        return RoleError(
            .cannotCreate,
            "\(path) is there: another program has written it just now; choose another folder with --output")
    }

    /// Waits until the names of the folder's files are on the disk.
    func synchronize() throws(RoleError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure.creating(path) }
        defer { close(descriptor) }
        // EINVAL: the file system has nothing to wait for.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileFailure.writing(path) }
    }

    /// Removes what the attempts of an export left unfinished.
    ///
    /// - Parameter attempt: one whose files are kept.
    func removeParts(_ day: UTCDay, export: UUID, keeping attempt: String? = nil) {
        for name in ArchivedTable.allCases.map({ dataName($0, day) }) + [manifestName(day)] {
            let kept = attempt.map { partPath(name, export: export, attempt: $0) }
            for part in parts(name, export: export) where part != kept { unlink(part) }
        }
    }

    // MARK: - Older exports

    /// Moves an export of a day into a folder of its own in this one, the manifest last, and returns that.
    func setAside(_ manifest: ArchiveManifest, _ day: UTCDay) throws(RoleError) -> ArchiveFolder {
        let short = manifest.tables.first?.fileSHA256.prefix(8) ?? ""
        let name = "\(ArchiveFolder.supersededPrefix)\(day)-\(manifest.export.uuidString.lowercased())-\(short)"
        // One that was begun before goes on; a whole one is another.
        var aside = ArchiveFolder(file(name))
        var number = 2
        while aside.exists(aside.manifestPath(day)) {
            aside = ArchiveFolder(file("\(name)-\(number)"))
            number += 1
        }
        try aside.create()
        for table in manifest.tables where exists(file(table.file)) {
            try rename(file(table.file), to: aside.file(table.file))
        }
        try aside.synchronize()
        try rename(manifestPath(day), to: aside.manifestPath(day))
        try aside.synchronize()
        try synchronize()
        return aside
    }

    /// Takes back what was set aside, as far as its names are free.
    func takeBack(_ aside: ArchiveFolder, _ manifest: ArchiveManifest, _ day: UTCDay) {
        do throws(RoleError) {
            for table in manifest.tables where aside.exists(aside.file(table.file)) {
                try rename(aside.file(table.file), to: file(table.file))
            }
            try rename(aside.manifestPath(day), to: manifestPath(day))
            rmdir(aside.path)
            try synchronize()
        } catch {
            // It stays where it is, and can be restored from there.
        }
    }
}
