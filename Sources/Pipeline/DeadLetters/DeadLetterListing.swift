import Events
import FoundationEssentials
import Latency
import Telemetry

/// The stored dead letters in short: what `iotpipe dead-letters list` prints.
public struct DeadLetterListing: Sendable, Encodable {
    /// The latest ones first, as many as were asked for.
    public let deadLetters: [DeadLetterEntry]
    /// How many there are.
    public let total: Int
    /// How many there are, by error code.
    public let byErrorCode: [String: Int]

    /// Reads the latest letters.
    ///
    /// - Throws: `PostgresError`.
    public init(_ table: DeadLetterTable, filter: DeadLetterFilter, limit: Int) throws {
        deadLetters = try table.latest(filter, limit: limit)
        byErrorCode = try table.totals(filter)
        total = byErrorCode.values.reduce(0, +)
    }

    /// As JSON, with sorted keys.
    public func json() throws -> String { try JSONOutput.of(self) }

    /// As people read it: two lines a letter, the reason cut to the width.
    public func text(columns: Int) -> String {
        guard total > 0 else { return "no dead letters" }
        let rows = deadLetters.map { letter in
            [
                letter.id.description, letter.occurredAt.prefix(19) + "Z", letter.stage, letter.errorCode,
                Format.bytes(letter.bytes) + (letter.isOmitted ? "*" : ""), replays(of: letter),
            ].map { SafeText.escaped(String($0)) }
        }
        let headings = ["ID", "WHEN", "STAGE", "ERROR CODE", "SIZE", "REPLAYS"]
        let table = TextColumns.lines([headings] + rows)
        var lines = [table[0]]
        for (letter, row) in zip(deadLetters, table.dropFirst()) {
            lines.append(row)
            let image = letter.imageID.map { "image \($0.lowercased): " } ?? ""
            lines.append(shortened("    " + image + SafeText.escaped(letter.reason), to: columns))
        }
        if deadLetters.contains(where: \.isOmitted) {
            lines.append("* too large for a dead letter: the value stayed on its source topic, at the place of the ID")
        }
        return (lines + [summary]).joined(separator: "\n")
    }

    private var summary: String {
        let codes = byErrorCode.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        let cut = deadLetters.count < total ? ", the latest \(deadLetters.count) shown" : ""
        return SafeText.escaped("\(Format.count(total, "dead letter"))\(cut): \(codes.joined(separator: ", "))")
    }

    private func replays(of letter: DeadLetterEntry) -> String {
        guard letter.replays > 0 || letter.failedReplay != nil else { return "-" }
        if letter.replayedAt != nil { return "\(letter.replays)" }
        return "\(letter.replays), \(letter.failedReplay == nil ? "not acknowledged" : "failed again")"
    }

    private func shortened(_ text: String, to columns: Int) -> String {
        text.count > columns ? text.prefix(columns - 1) + "…" : text
    }
}
