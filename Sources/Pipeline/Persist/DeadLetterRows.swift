import Events
import FoundationEssentials
import Postgres

/// The table `dead_letters` as persist fills it.
enum DeadLetterRows {
    /// Stores a letter.
    ///
    /// A repetition is left out. The letter of a replayed message that failed again finds its row: it takes the new
    /// reason, and waits for an operator again. Key, value and headers stay those of the first original, however a replay
    /// has changed them.
    ///
    /// - Returns: how many rows were added or changed.
    static func insert(_ letter: DeadLetter, clusterID: String, on connection: Connection) throws -> Int {
        // Rare and small in number, so one statement each.
        try connection.query(
            """
            INSERT INTO dead_letters AS stored (cluster_id, source_topic, source_partition, source_offset, stage,
                error_code, error_message, image_id, occurred_at, key, value, headers, omitted_bytes, failed_replay)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            ON CONFLICT (cluster_id, source_topic, source_partition, source_offset) DO UPDATE
            SET stage = EXCLUDED.stage, error_code = EXCLUDED.error_code, error_message = EXCLUDED.error_message,
                occurred_at = EXCLUDED.occurred_at, failed_replay = EXCLUDED.failed_replay, replayed_at = NULL
            WHERE EXCLUDED.failed_replay IS NOT NULL AND EXCLUDED.failed_replay IS DISTINCT FROM stored.failed_replay
            """,
            [
                .text(clusterID), .text(letter.sourceTopic), .int(Int64(letter.partition)), .int(letter.offset),
                .text(letter.stage.rawValue), .text(letter.errorCode), .text(letter.message),
                .uuid(letter.imageID), .timestamptz(microseconds: letter.occurredAt.microseconds), .bytea(letter.key),
                .bytea(letter.value), .text(json(of: letter.headers)), .int(letter.omittedBytes.map { Int64($0) }),
                .text(letter.failedReplay?.description),
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
