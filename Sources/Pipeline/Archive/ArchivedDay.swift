import FoundationEssentials

/// A row of `archived_days`: a day that takes no rows any more, and how far its archiving has come.
struct ArchivedDay: Equatable, Sendable {
    enum State: String, Sendable {
        /// Files are being written; the rows are in the tables.
        case exporting
        /// The files are verified; partitions may be detached one after the other.
        case exported
        /// Both partitions are tables of their own.
        case detached
        /// Only the files have the rows.
        case dropped
    }

    let day: UTCDay
    var state: State
    /// nil for a day that was put in by hand.
    var export: UUID?
    /// The folder of its files.
    var path: String?
    /// Rows and checksums of the verified files.
    var digests: [ArchivedTable: RowsDigest] = [:]
}
