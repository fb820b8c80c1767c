/// What the archiving role did, or would do.
public struct ArchiveSummary: Sendable {
    /// One day.
    public struct Day: Sendable {
        /// The day.
        public let day: UTCDay
        /// Rows of the table images.
        public let images: Int
        /// Rows of the table inferences.
        public let inferences: Int
        /// Bytes in the database, with indices.
        public let databaseBytes: Int
        /// Bytes of the files; 0 in a dry run.
        public let fileBytes: Int
        /// How far a former run had come; nil for a day begun now.
        public let resumed: String?
    }

    /// A day that could not be archived, or in a dry run could not be.
    public struct Failure: Sendable {
        /// The day.
        public let day: UTCDay
        /// Why, and what to do.
        public let error: any Error
    }

    /// Whether nothing was changed.
    public let isDryRun: Bool
    /// The days, in order.
    public var days: [Day] = []
    /// Days that were asked for and are archived already, with the folder of their files where it is known.
    public var archivedBefore: [(day: UTCDay, path: String?)] = []
    /// Days that could not be archived, in order.
    public var failures: [Failure] = []

    /// 0, or what the first failure deserves.
    public var status: ExitStatus { failures.first.map { ExitStatus(of: $0.error) } ?? .success }

    /// The summary as the user reads it, on several lines.
    public var text: String {
        guard !days.isEmpty || !archivedBefore.isEmpty || !failures.isEmpty else { return "no day to archive" }
        var lines = days.map { line($0) }
        lines += archivedBefore.map { day, path in
            "\(day)  is archived already" + (path.map { ": its files were written to \($0)" } ?? "")
        }
        lines += failures.map { "\($0.day)  \(isDryRun ? "cannot be archived" : "was not archived"): \($0.error)" }
        guard !days.isEmpty else { return lines.joined(separator: "\n") }
        let images = days.reduce(0) { $0 + $1.images }
        let inferences = days.reduce(0) { $0 + $1.inferences }
        let bytes = Format.bytes(days.reduce(0) { $0 + $1.databaseBytes })
        let total = "\(Format.count(days.count, "day")), \(images) images, \(inferences) inferences"
        lines.append(
            isDryRun
                ? "would archive \(total), \(bytes) in the database; nothing was changed"
                : "archived \(total): \(bytes) in the database became "
                    + Format.bytes(days.reduce(0) { $0 + $1.fileBytes }))
        return lines.joined(separator: "\n")
    }

    private func line(_ day: Day) -> String {
        var text = "\(day.day)  \(day.images) images, \(day.inferences) inferences, \(Format.bytes(day.databaseBytes))"
        if !isDryRun { text += ", exported to \(Format.bytes(day.fileBytes)), verified, dropped" }
        if let resumed = day.resumed { text += " (begun before: \(resumed))" }
        return text
    }
}
