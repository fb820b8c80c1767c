import FoundationEssentials
import Glibc

/// Gives a day's finished files their names, and can take that back. Belongs to one thread.
final class DayPublication {
    private let claim: DayClaim
    private let manifest: ArchiveManifest
    private let attempt: String
    /// The older export that is to be set aside.
    private let older: ArchiveManifest?
    private var named: [String] = []
    private var aside: ArchiveFolder?

    private var folder: ArchiveFolder { claim.folder }
    private var day: UTCDay { claim.day }

    /// - Parameters:
    ///   - attempt: the one whose temporary files are published.
    ///   - older: what the folder has now, to be set aside; nil where it has nothing.
    init(_ manifest: ArchiveManifest, claim: DayClaim, attempt: String, setsAside older: ArchiveManifest?) {
        self.manifest = manifest
        self.claim = claim
        self.attempt = attempt
        self.older = older
    }

    /// Gives the files their names, the manifest last, and reads it again.
    ///
    /// - Throws: `RoleError`: 73 where the folder has something else by now, which stays as it is.
    func publish() throws {
        let part = partPath(folder.manifestName(day))
        try folder.write(try manifest.encoded(), to: part)
        // From here on the data files can be told to be ours, whatever happens.
        try folder.synchronize()
        guard try folder.manifest(day) == older else { throw claim.refusal }
        if let older {
            aside = try folder.setAside(older, day)
        } else {
            _ = try claim.standing { [:] }
        }
        // A manifest never stands beside files that it does not describe.
        for table in manifest.tables {
            try folder.rename(partPath(table.file), to: folder.file(table.file))
            named.append(folder.file(table.file))
        }
        try folder.synchronize()
        try folder.rename(part, to: folder.manifestPath(day))
        named.insert(folder.manifestPath(day), at: 0)
        try folder.synchronize()
        guard try folder.manifest(day) == manifest else {
            throw RoleError(
                .ioFailure, "\(folder.manifestPath(day)) is not what was written: look at the disk, and use another one"
            )
        }
    }

    /// Removes what was published, and brings back what was set aside for it.
    func withdraw() {
        for path in named { unlink(path) }
        named = []
        if let aside, let older { folder.takeBack(aside, older, day) }
        aside = nil
    }

    private func partPath(_ name: String) -> String {
        folder.partPath(name, export: manifest.export, attempt: attempt)
    }
}
