import Events
import FoundationEssentials
import Latency
import Telemetry

/// One stored dead letter with all that is known of it: what `iotpipe dead-letters show` prints.
public struct DeadLetterDetails: Sendable, Encodable {
    /// Bytes as text where they can be printed, else in base64.
    public struct Bytes: Sendable, Encodable {
        /// The text; nil where the bytes are none that can be printed.
        public let text: String?
        /// The bytes in base64; nil where there is a text.
        public let base64: String?

        init(_ bytes: [UInt8]) {
            text = String(validating: bytes, as: UTF8.self).flatMap { SafeText.escaped($0) == $0 ? $0 : nil }
            base64 = text == nil ? Data(bytes).base64EncodedString() : nil
        }

        var shown: String { text.map { "\"\($0)\"" } ?? "base64 \(base64 ?? "")" }
    }

    /// A header of the original.
    public struct Header: Sendable, Encodable {
        /// Its name.
        public let name: String
        /// Its value.
        public let value: Bytes
    }

    /// The letter in short.
    public let entry: DeadLetterEntry
    /// The original's key; nil where it had none.
    public let key: Bytes?
    /// The original's headers.
    public let headers: [Header]
    private let value: [UInt8]

    private enum CodingKeys: String, CodingKey {
        case entry, key, headers
    }

    /// Reads a letter.
    ///
    /// - Parameter cluster: its cluster's id; nil where the id alone names it.
    /// - Throws: `RoleError`: 66 where there is no such letter, 65 where several clusters have one; `PostgresError`.
    public init(_ table: DeadLetterTable, id: MessagePlace, cluster: String?) throws {
        let entries = try table.entries(id, cluster: cluster)
        guard let entry = entries.first, let original = try table.original(of: entry) else {
            throw RoleError(.inputMissing, "there is no dead letter \(id): `iotpipe dead-letters list --all` shows all")
        }
        guard entries.count == 1 else {
            let clusters = entries.map { $0.cluster.isEmpty ? "''" : $0.cluster }.joined(separator: ", ")
            throw RoleError(
                .badData, "there is a dead letter \(id) of the clusters \(clusters): choose one by --cluster")
        }
        self.entry = entry
        key = original.key.map { Bytes($0) }
        headers = original.headers.map { Header(name: $0.name, value: Bytes($0.value)) }
        value = original.value
    }

    /// Writes the original's value to a file, whole or not at all.
    ///
    /// - Throws: `RoleError`: 65 where the letter was stored without it, 73 where the file cannot be made, 74 where it cannot
    ///   be written.
    public func writeValue(to path: String) throws {
        guard !entry.isOmitted else {
            throw RoleError(
                .badData,
                "the value of \(entry.id) is not in the database: at \(entry.bytes) bytes it was too large for a dead letter. "
                    + "It stayed on topic \(entry.id.topic), partition \(entry.id.partition), offset \(entry.id.offset)"
            )
        }
        try WholeFile.write(value, to: path)
    }

    /// As JSON, with sorted keys.
    public func json() throws -> String { try JSONOutput.of(self) }

    /// As people read it.
    public var text: String {
        var lines = [
            "id           \(entry.id)", "cluster      \(entry.cluster.isEmpty ? "not known" : entry.cluster)",
            "state        \(state)", "stage        \(entry.stage)", "error code   \(entry.errorCode)",
            "reason       \(entry.reason)", "failed       \(entry.occurredAt)", "stored       \(entry.persistedAt)",
            "image        \(entry.imageID?.lowercased ?? "not known")", "key          \(key?.shown ?? "none")",
            "value        \(size)",
        ]
        if headers.isEmpty { lines.append("headers      none") }
        for (index, line) in TextColumns.lines(headers.map { [$0.name, $0.value.shown] }).enumerated() {
            lines.append((index == 0 ? "headers      " : "             ") + line)
        }
        return lines.map { SafeText.escaped($0) }.joined(separator: "\n")
    }

    private var state: String {
        let times = entry.replays == 1 ? "once" : "\(entry.replays) times"
        if let replayedAt = entry.replayedAt { return "replayed \(times), last at \(replayedAt)" }
        guard let failedReplay = entry.failedReplay else {
            return entry.replays == 0 ? "waits" : "waits: replay begun \(times), not acknowledged"
        }
        return "waits: replayed \(times), failed again as \(failedReplay)"
    }

    private var size: String {
        guard entry.isOmitted else { return "\(entry.bytes) bytes" }
        return "\(entry.bytes) bytes, too large for a dead letter: it stayed on topic \(entry.id.topic), partition "
            + "\(entry.id.partition), offset \(entry.id.offset)"
    }
}
