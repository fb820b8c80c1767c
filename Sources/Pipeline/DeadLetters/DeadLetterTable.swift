import Events
import FoundationEssentials
import Postgres

/// The table `dead_letters` as an operator's commands use it. Belongs to one thread.
public final class DeadLetterTable {
    /// Key, value and headers of an original.
    struct Original {
        var key: [UInt8]?
        var value: [UInt8]
        var headers: [MessageHeader]
    }

    private let connection: Connection

    /// Connects.
    ///
    /// - Parameter database: as persist takes it.
    /// - Throws: `PostgresError`; `RoleError` (65) where the tables are missing or of an earlier version.
    public init(database: String?) throws {
        connection = try Connection(database, applicationName: "iotpipe dead-letters")
        // Reading must not change a database: persist alone migrates it.
        let pending = try Migrator(Schema.migrations).pending(on: connection)
        if pending.contains(Schema.deadLetterReplay.name) || pending.contains(Schema.lastReplay.name) {
            throw RoleError(
                .badData,
                "\(connection.endpoint) has no table of dead letters as this version knows it: start `iotpipe persist` on "
                    + "it once, which makes or migrates the tables")
        }
    }

    // MARK: - Reading

    private static let columns = """
        cluster_id, source_topic, source_partition, source_offset, stage, error_code, error_message, image_id, \
        \(stamp("occurred_at")), \(stamp("persisted_at")), coalesce(omitted_bytes, octet_length(value)), \
        omitted_bytes IS NOT NULL, replays, \(stamp("replayed_at")), failed_replay
        """

    private static func stamp(_ column: String) -> String {
        "to_char(\(column) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    }

    private static func entry(_ row: Row) throws -> DeadLetterEntry {
        guard let cluster = row[0], let topic = row[1], let partition = row.int(2), let offset = row.int(3) else {
            throw RoleError(.internalFailure, "a row of dead_letters has no key")
        }
        return DeadLetterEntry(
            id: MessagePlace(topic: topic, partition: Int32(clamping: partition), offset: offset), cluster: cluster,
            stage: row[4] ?? "", errorCode: row[5] ?? "", reason: row[6] ?? "", imageID: row.uuid(7),
            occurredAt: row[8] ?? "", persistedAt: row[9] ?? "", bytes: Int(row.int(10) ?? 0),
            isOmitted: row.bool(11) ?? false, replays: Int(row.int(12) ?? 0), replayedAt: row[13],
            failedReplay: row[14])
    }

    /// The latest letters first.
    func latest(_ filter: DeadLetterFilter, limit: Int) throws -> [DeadLetterEntry] {
        let (condition, parameters) = filter.condition
        return try connection.query(
            """
            SELECT \(DeadLetterTable.columns) FROM dead_letters WHERE \(condition)
            ORDER BY occurred_at DESC, cluster_id, source_topic, source_partition, source_offset
            LIMIT \(limit)
            """, parameters
        ).map(DeadLetterTable.entry)
    }

    /// How many letters there are, by error code.
    func totals(_ filter: DeadLetterFilter) throws -> [String: Int] {
        let (condition, parameters) = filter.condition
        let rows = try connection.query(
            "SELECT error_code, count(*) FROM dead_letters WHERE \(condition) GROUP BY error_code", parameters)
        return Dictionary(rows.map { ($0[0] ?? "", Int($0.int(1) ?? 0)) }) { $1 }
    }

    /// A page of letters in the order of their keys.
    ///
    /// - Parameter previous: the last of the page before; nil for the first page.
    func page(
        _ filter: DeadLetterFilter, after previous: DeadLetterEntry?, limit: Int
    ) throws -> [DeadLetterEntry] {
        var (condition, parameters) = filter.condition
        if let previous {
            let first = parameters.count + 1
            condition += " AND (cluster_id, source_topic, source_partition, source_offset) > "
            condition += "($\(first), $\(first + 1), $\(first + 2), $\(first + 3))"
            parameters += DeadLetterTable.key(previous)
        }
        return try connection.query(
            """
            SELECT \(DeadLetterTable.columns) FROM dead_letters WHERE \(condition)
            ORDER BY cluster_id, source_topic, source_partition, source_offset LIMIT \(limit)
            """, parameters
        ).map(DeadLetterTable.entry)
    }

    /// The letters of that id: one for each cluster that has one.
    func entries(_ id: MessagePlace, cluster: String?) throws -> [DeadLetterEntry] {
        var parameters: [Parameter] = [.text(id.topic), .int(Int64(id.partition)), .int(id.offset)]
        if let cluster { parameters.append(.text(cluster)) }
        return try connection.query(
            """
            SELECT \(DeadLetterTable.columns) FROM dead_letters
            WHERE source_topic = $1 AND source_partition = $2 AND source_offset = $3
            \(cluster == nil ? "" : "AND cluster_id = $4") ORDER BY cluster_id
            """, parameters
        ).map(DeadLetterTable.entry)
    }

    /// What the letter was made from; nil where the row has gone.
    func original(of entry: DeadLetterEntry) throws -> Original? {
        let rows = try connection.query(
            "SELECT key, value, headers::text FROM dead_letters WHERE \(DeadLetterTable.keyCondition)",
            DeadLetterTable.key(entry))
        guard let row = rows.first else { return nil }
        guard let headers = DeadLetterRows.headers(of: row[2] ?? "") else {
            throw DeadLetterRefusal(
                "its headers in the table dead_letters are not as persist writes them: find out who changed them")
        }
        return Original(key: row.bytes(0), value: row.bytes(1) ?? [], headers: headers)
    }

    // MARK: - Writing

    private static let keyCondition =
        "cluster_id = $1 AND source_topic = $2 AND source_partition = $3 AND source_offset = $4"

    private static func key(_ entry: DeadLetterEntry) -> [Parameter] {
        [.text(entry.cluster), .text(entry.id.topic), .int(Int64(entry.id.partition)), .int(entry.id.offset)]
    }

    /// Gives a letter from before clusters were stored its cluster.
    ///
    /// - Returns: false where that cluster has another letter of the same id.
    func adopt(_ entry: DeadLetterEntry, cluster: String) throws -> Bool {
        try connection.query(
            """
            UPDATE dead_letters AS mine SET cluster_id = $5 WHERE \(DeadLetterTable.keyCondition)
            AND NOT EXISTS (
                SELECT 1 FROM dead_letters AS other WHERE other.cluster_id = $5 AND other.source_topic = $2
                AND other.source_partition = $3 AND other.source_offset = $4)
            """, DeadLetterTable.key(entry) + [.text(cluster)]
        ).affected == 1
    }

    /// Notes that replays begin, all or none, before anything is sent: persist believes a message that says to be a replay
    /// only where one was begun.
    func beginReplays(of entries: [DeadLetterEntry]) throws { try count(entries, "+ 1") }

    /// Takes that back for messages that were certainly not sent.
    func cancelReplays(of entries: [DeadLetterEntry]) throws { try count(entries, "- 1") }

    private func count(_ entries: [DeadLetterEntry], _ change: String) throws {
        guard !entries.isEmpty else { return }
        try connection.transaction {
            for entry in entries {
                try connection.query(
                    "UPDATE dead_letters SET replays = greatest(0, replays \(change)) WHERE \(DeadLetterTable.keyCondition)",
                    DeadLetterTable.key(entry))
            }
        }
    }

    /// Notes replays that the broker has acknowledged, all or none.
    ///
    /// One that has failed again already, and so has come back before it could be noted, goes on waiting.
    func markReplayed(_ replays: [(entry: DeadLetterEntry, place: MessagePlace)]) throws {
        try connection.transaction {
            for (entry, place) in replays {
                try connection.query(
                    """
                    UPDATE dead_letters SET last_replay = $5,
                        replayed_at = CASE WHEN failed_replay = $5 THEN NULL ELSE now() END
                    WHERE \(DeadLetterTable.keyCondition)
                    """, DeadLetterTable.key(entry) + [.text(place.description)])
            }
        }
    }
}
