import Events
import Kafka
import Postgres

/// Writes the rows of images and results, inside a transaction of its owner's.
///
/// COPY takes all rows or none, so a row that the server refuses for its contents is looked for by halves, each behind a
/// savepoint: it is named, and the rows beside it are not touched.
struct PersistRows {
    private static let imageColumns =
        "id, device_id, captured_at, label, png, kafka_topic, kafka_partition, kafka_offset"
    private static let inferenceColumns = """
        image_id, captured_at, model, model_version, precision, label, probability, top5, received_at, decoded_at, \
        inferred_at, kafka_topic, kafka_partition, kafka_offset
        """

    /// Makes the tables that rows go through where some of them may be stored already. Once per connection.
    static let stagingTables = """
        CREATE TEMPORARY TABLE staged_images ON COMMIT DELETE ROWS AS
            SELECT \(imageColumns) FROM images WITH NO DATA;
        CREATE TEMPORARY TABLE staged_inferences ON COMMIT DELETE ROWS AS
            SELECT \(inferenceColumns) FROM inferences WITH NO DATA;
        """

    private let connection: Connection
    private let clusterID: String
    /// The rows that the server refused.
    private(set) var refused: [RefusedRow] = []

    /// - Parameter clusterID: the cluster of the messages, part of the key of a dead letter.
    init(on connection: Connection, clusterID: String) {
        self.connection = connection
        self.clusterID = clusterID
    }

    /// - Returns: how many rows were added; the others were there already, or are in `refused`.
    mutating func insert(images: [PersistBatch.Item<ImageCaptured.Envelope>]) throws -> Int {
        let added = try insert(images[...], into: "images", PersistRows.imageColumns) {
            try PersistRows.write($0, to: &$1)
        }
        if added < images.count { for image in images { try mend(image) } }
        return added
    }

    /// Gives a row that is there already the picture of a replay where an operator has mended it. Only where a replay of
    /// that letter was begun: anybody can send such a header.
    private mutating func mend(_ item: PersistBatch.Item<ImageCaptured.Envelope>) throws {
        let message = item.message
        let header = message.headers.last { $0.name == DeadLetter.replayHeader }
        guard let letter = header?.text.flatMap({ MessagePlace($0) }) else { return }
        do {
            try connection.savepoint {
                try connection.query(
                    """
                    UPDATE images SET png = $1, kafka_topic = $2, kafka_partition = $3, kafka_offset = $4
                    WHERE captured_at = $5 AND id = $6 AND png <> $1
                    AND NOT (kafka_topic = $2 AND kafka_partition = $3 AND kafka_offset >= $4)
                    AND EXISTS (
                        SELECT 1 FROM dead_letters WHERE cluster_id = $7 AND source_topic = $8 AND source_partition = $9
                        AND source_offset = $10 AND replays > 0 AND coalesce(image_id, $6) = $6)
                    """,
                    [
                        .bytea(message.value), .text(message.topic), .int(Int64(message.partition)),
                        .int(message.offset), .timestamptz(microseconds: item.event.capturedAt.microseconds),
                        .uuid(item.event.id), .text(clusterID), .text(letter.topic), .int(Int64(letter.partition)),
                        .int(letter.offset),
                    ])
            }
        } catch let error as PostgresError where error.refusesRow {
            refused.append(RefusedRow(message: message, reason: "\(error)"))
        }
    }

    /// - Returns: how many rows were added; the others were there already, or are in `refused`.
    mutating func insert(inferences: [PersistBatch.Item<ImageClassified>]) throws -> Int {
        try insert(inferences[...], into: "inferences", PersistRows.inferenceColumns) {
            try PersistRows.write($0, to: &$1)
        }
    }

    private mutating func insert<Event: Sendable>(
        _ items: ArraySlice<PersistBatch.Item<Event>>, into table: String, _ columns: String,
        _ write: (PersistBatch.Item<Event>, inout CopyWriter) throws -> Void
    ) throws -> Int {
        do {
            return try copy(items, into: table, columns, write)
        } catch let error as PostgresError where error.refusesRow {
            guard items.count > 1 else {
                refused += items.map { RefusedRow(message: $0.message, reason: "\(error)") }
                return 0
            }
            let middle = items.startIndex + items.count / 2
            return try insert(items[..<middle], into: table, columns, write)
                + insert(items[middle...], into: table, columns, write)
        }
    }

    /// Copies rows straight into the table; where one of them is there already, or comes twice, through a staging table
    /// that leaves out what is there.
    private func copy<Event: Sendable>(
        _ items: ArraySlice<PersistBatch.Item<Event>>, into table: String, _ columns: String,
        _ write: (PersistBatch.Item<Event>, inout CopyWriter) throws -> Void
    ) throws -> Int {
        guard !items.isEmpty else { return 0 }
        func copy(into target: String) throws -> Int {
            try connection.copyIn("COPY \(target) (\(columns)) FROM STDIN (FORMAT binary)") { writer in
                for item in items { try write(item, &writer) }
            }
        }
        do {
            return try connection.savepoint { try copy(into: table) }
        } catch let error as PostgresError where error.code == .uniqueViolation {
            return try connection.savepoint {
                // Another part of the batch may have gone this way before.
                try connection.execute("DELETE FROM staged_\(table)")
                _ = try copy(into: "staged_\(table)")
                return try connection.query(
                    "INSERT INTO \(table) (\(columns)) SELECT \(columns) FROM staged_\(table) ON CONFLICT DO NOTHING"
                ).affected
            }
        }
    }

    // MARK: - Columns

    private static func write(
        _ item: PersistBatch.Item<ImageCaptured.Envelope>, to writer: inout CopyWriter
    ) throws(PostgresError) {
        try writer.row()
        writer.uuid(item.event.id)
        writer.text(item.event.deviceID)
        writer.timestamptz(microseconds: item.event.capturedAt.microseconds)
        writer.text(item.event.label)
        item.message.withValue { writer.bytea($0) }
        write(item.message, to: &writer)
    }

    private static func write(
        _ item: PersistBatch.Item<ImageClassified>, to writer: inout CopyWriter
    ) throws(PostgresError) {
        let result = item.event
        try writer.row()
        writer.uuid(result.imageID)
        writer.timestamptz(microseconds: result.capturedAt.microseconds)
        writer.text(result.model)
        writer.text(result.modelVersion)
        writer.text(result.precision)
        writer.text(result.top5.first?.label ?? "")
        writer.double(result.top5.first?.probability ?? 0)
        writer.jsonb(result.top5JSON)
        writer.timestamptz(microseconds: result.receivedAt.microseconds)
        writer.timestamptz(microseconds: result.decodedAt.microseconds)
        writer.timestamptz(microseconds: result.inferredAt.microseconds)
        write(item.message, to: &writer)
    }

    private static func write(_ message: KafkaMessage, to writer: inout CopyWriter) {
        writer.text(message.topic)
        writer.int32(message.partition)
        writer.int64(message.offset)
    }
}
