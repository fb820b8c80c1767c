import FoundationEssentials
import Postgres
import Telemetry

/// Brings a day's files about in a folder: written, published and read again, or found there already. Can be undone.
/// Belongs to one thread.
final class DayWriting {
    private let claim: DayClaim
    private let attempt: String
    private let version: String
    private let connection: Connection
    private let logger: Logger
    private let progress: () throws -> Void
    private var publication: DayPublication?

    private var folder: ArchiveFolder { claim.folder }
    private var day: UTCDay { claim.day }

    /// - Parameter progress: called often; may throw to stop.
    init(
        claim: DayClaim, attempt: String, version: String, connection: Connection, logger: Logger,
        progress: @escaping () throws -> Void
    ) {
        self.claim = claim
        self.attempt = attempt
        self.version = version
        self.connection = connection
        self.logger = logger
        self.progress = progress
    }

    /// - Parameter confirm: called before anything in the folder is touched that has its name; throws where the day is not
    ///   this run's any more.
    /// - Returns: the files, read from start to end and found good.
    /// - Throws: `RoleError`: 73 where the folder has another export of the day, 74 where the disk is full.
    func run(confirm: () throws -> Void) throws -> VerifiedFiles {
        var standing = DayClaim.Standing.free
        var existing: VerifiedFiles?
        let files = DayExport(
            day: day, export: claim.export, attempt: attempt, folder: folder, version: version, connection: connection,
            progress: progress)
        let manifest = try files.run { digests in
            standing = try claim.standing { digests }
            // What a killed attempt left takes room only. Its names are proved by now.
            folder.removeParts(day, export: claim.export, keeping: attempt)
            if case .same(let manifest) = standing { existing = try reusable(manifest) }
            return existing == nil
        }
        guard let manifest else {
            guard let existing else { throw RoleError(.internalFailure, "nothing was exported of \(day)") }
            return existing
        }
        let older: ArchiveManifest? =
            switch standing {
            case .free: nil
            case .same(let manifest), .older(let manifest): manifest
            }
        try confirm()
        let publication = DayPublication(manifest, claim: claim, attempt: attempt, setsAside: older)
        self.publication = publication
        try publication.publish()
        if let older { logger.info("an older export of \(day) was set aside", ["export": older.export.uuidString]) }
        logger.info("reading the files of \(day) again")
        return try folder.verify(manifest, progress: progress)
    }

    /// Removes what this has written, and brings back what it has set aside.
    func undo() {
        publication?.withdraw()
        publication = nil
        folder.removeParts(day, export: claim.export)
    }

    /// Files that have the rows already, where they are good; nil where they are damaged and may be set aside.
    private func reusable(_ manifest: ArchiveManifest) throws -> VerifiedFiles? {
        do {
            let files = try folder.verify(manifest, progress: progress)
            logger.info("\(folder.path) has the rows of \(day) already")
            return files
        } catch let error as RoleError where [.badData, .inputMissing].contains(error.status) {
            guard claim.own.contains(manifest.export) else { throw error }
            logger.warning("the files of \(day) have to be written again: \(error.message)")
            return nil
        }
    }
}
