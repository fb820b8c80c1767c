import Events
import FoundationEssentials
import Postgres

/// The table `dead_letters` as persist fills it.
enum DeadLetterRows {
    /// Stores a letter.
    ///
    /// A repetition is left out. The letter of a replayed message that failed again finds its row: it takes the new
    /// reason, and waits for an operator again. Key, value and headers stay those of the first original, however a replay
    /// has changed them. Where no replay of that row was begun the message only says that it is one: it has a row of its
    /// own.
    ///
    /// - Returns: how many rows were added or changed.
    static func insert(_ letter: DeadLetter, clusterID: String, on connection: Connection) throws -> Int {
        guard let replay = letter.failedReplay else { return try add(letter, clusterID: clusterID, on: connection) }
        let key: [Parameter] = [
            .text(clusterID), .text(letter.sourceTopic), .int(Int64(letter.partition)), .int(letter.offset),
        ]
        let row =
            "cluster_id = $1 AND source_topic = $2 AND source_partition = $3 AND source_offset = $4 AND replays > 0"
        guard try !connection.query("SELECT 1 FROM dead_letters WHERE \(row)", key).isEmpty else {
            return try add(letter.underOwnPlace(), clusterID: clusterID, on: connection)
        }
        // An earlier replay, read late or again after a crash, says nothing about a later one.
        return try connection.query(
            """
            UPDATE dead_letters SET stage = $5, error_code = $6, error_message = $7, occurred_at = $8,
                failed_replay = $9, replayed_at = NULL
            WHERE \(row) AND NOT coalesce(regexp_replace(failed_replay, '/[0-9]+$', '') = $10
                AND substring(failed_replay FROM '[0-9]+$')::bigint >= $11, false)
                AND NOT coalesce(regexp_replace(last_replay, '/[0-9]+$', '') = $10
                AND substring(last_replay FROM '[0-9]+$')::bigint > $11, false)
            """,
            key + [
                .text(letter.stage.rawValue), .text(letter.errorCode), .text(letter.message),
                .timestamptz(microseconds: letter.occurredAt.microseconds), .text(replay.description),
                .text("\(replay.topic)/\(replay.partition)"), .int(replay.offset),
            ]
        ).affected
    }

    private static func add(_ letter: DeadLetter, clusterID: String, on connection: Connection) throws -> Int {
        // Rare and small in number, so one statement each.
        try connection.query(
            """
            INSERT INTO dead_letters (cluster_id, source_topic, source_partition, source_offset, stage, error_code,
                error_message, image_id, occurred_at, key, value, headers, omitted_bytes)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING
            """,
            [
                .text(clusterID), .text(letter.sourceTopic), .int(Int64(letter.partition)), .int(letter.offset),
                .text(letter.stage.rawValue), .text(letter.errorCode), .text(letter.message),
                .uuid(letter.imageID), .timestamptz(microseconds: letter.occurredAt.microseconds), .bytea(letter.key),
                .bytea(letter.value), .text(json(of: letter.headers)), .int(letter.omittedBytes.map { Int64($0) }),
            ]
        ).affected
    }

    // MARK: - Headers

    /// A header as the column `headers` has it: the value in base64, since it is any bytes.
    private struct Field: Codable {
        let name: String
        let base64: String
    }

    /// Headers as JSON: an array, since a name may come twice.
    static func json(of headers: [MessageHeader]) -> String {
        let fields = headers.map { Field(name: $0.name, base64: Data($0.value).base64EncodedString()) }
        guard let data = try? JSONEncoder().encode(fields) else { return "[]" }
        return String(decoding: data, as: UTF8.self)
    }

    /// Reads what `json` wrote; nil where it is something else.
    static func headers(of json: String) -> [MessageHeader]? {
        guard let fields = try? JSONDecoder().decode([Field].self, from: Data(json.utf8)) else { return nil }
        var headers: [MessageHeader] = []
        for field in fields {
            guard let value = Data(base64Encoded: field.base64) else { return nil }
            headers.append(MessageHeader(field.name, Array(value)))
        }
        return headers
    }
}
