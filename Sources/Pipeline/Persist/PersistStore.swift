import Events
import FoundationEssentials
import Kafka
import Postgres

/// The database side of persist: one connection, made anew after each failure.
final class PersistStore: @unchecked Sendable {
    // `@unchecked`: used by the polling thread alone, as its owner is.
    /// What became of a batch.
    enum Outcome {
        /// Rows and offsets are committed.
        case stored(PersistSummary)
        /// The stored offsets of these partitions are not the ones this member stored last: nothing was written.
        case fenced([TopicPartition])
    }

    private let database: String?
    private let clusterID: String
    private let group: String
    private var connection: Connection?
    private var days = DayPartitions()

    /// - Parameters:
    ///   - database: as libpq takes it; nil for its environment variables.
    ///   - clusterID: the Kafka cluster's, part of an offset's key: another cluster has other offsets.
    init(database: String?, clusterID: String, group: String) {
        self.database = database
        self.clusterID = clusterID
        self.group = group
    }

    /// Connects and brings the tables up to date.
    ///
    /// - Returns: the names of the migrations that were applied now.
    func connect() throws -> [String] {
        connection = nil
        days.forget()
        let fresh = try Connection(database, applicationName: "iotpipe persist")
        let applied = try Migrator(Schema.migrations).run(on: fresh)
        try fresh.execute(PersistStore.stagingTables)
        connection = fresh
        return applied
    }

    /// The stored offsets of this group.
    func offsets() throws -> [TopicPartition: Int64] {
        let rows = try usable().query(
            "SELECT topic, partition, next_offset FROM consumer_offsets WHERE cluster_id = $1 AND group_id = $2",
            [.text(clusterID), .text(group)])
        var offsets: [TopicPartition: Int64] = [:]
        for row in rows {
            guard let topic = row[0], let partition = row.int(1), let next = row.int(2) else { continue }
            offsets[TopicPartition(topic: topic, partition: Int32(partition))] = next
        }
        return offsets
    }

    /// Puts a stored offset back, where the operator has chosen to go on from what the broker still holds: the one case in
    /// which an offset decreases.
    func reset(_ partition: TopicPartition, from old: Int64, to new: Int64) throws {
        try usable().query(
            """
            UPDATE consumer_offsets SET next_offset = $5, updated_at = now()
            WHERE cluster_id = $1 AND group_id = $2 AND topic = $3 AND partition = $4 AND next_offset = $6
            """,
            [
                .text(clusterID), .text(group), .text(partition.topic), .int(Int64(partition.partition)), .int(new),
                .int(old),
            ])
    }

    /// Makes the partitions of those days that are missing.
    ///
    /// - Returns: the days among them that were archived.
    func preparePartitions(for batchDays: Set<Int64>) throws -> Set<Int64> {
        try days.ensure(batchDays, on: usable())
    }

    /// Stores a batch: rows and offsets in one transaction.
    ///
    /// - Parameter previous: the offset stored last, by partition; -1 where there is none.
    func write(_ batch: PersistBatch, after previous: [TopicPartition: Int64]) throws -> Outcome {
        let connection = try usable()
        do {
            let counts = try connection.transaction { () -> PersistSummary in
                // First of all: the rows of `consumer_offsets` are locked until the end, so of two members that believe to
                // own a partition one finds itself fenced.
                try advance(batch.next, after: previous, on: connection)
                #if BROKEN_DELIVERY
                    if Sabotage.isAsked(of: "persist") { try connection.execute("COMMIT; BEGIN") }
                #endif
                return try insertRows(of: batch, on: connection)
            }
            return .stored(counts)
        } catch let fence as Fenced {
            return .fenced(fence.partitions)
        }
    }

    /// The connection, made anew where it was lost: whoever repeats a call after an outage gets a new one.
    private func usable() throws -> Connection {
        if let connection, connection.isUsable { return connection }
        _ = try connect()
        guard let connection else { throw PostgresError(.connectionLost, "not connected to PostgreSQL") }
        return connection
    }

    // MARK: - Offsets

    private struct Fenced: Error {
        let partitions: [TopicPartition]
    }

    private func advance(
        _ next: [TopicPartition: Int64], after previous: [TopicPartition: Int64], on connection: Connection
    ) throws {
        var fenced: [TopicPartition] = []
        // In one order everywhere, so that two members never wait for each other.
        for (partition, offset) in next.sorted(by: { $0.key.description < $1.key.description }) {
            let rows = try connection.query(
                """
                INSERT INTO consumer_offsets AS stored (cluster_id, group_id, topic, partition, next_offset)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (cluster_id, group_id, topic, partition) DO UPDATE
                SET next_offset = EXCLUDED.next_offset, updated_at = now()
                WHERE stored.next_offset = $6 AND stored.next_offset < EXCLUDED.next_offset
                """,
                [
                    .text(clusterID), .text(group), .text(partition.topic), .int(Int64(partition.partition)),
                    .int(offset), .int(previous[partition, default: -1]),
                ])
            if rows.affected != 1 { fenced.append(partition) }
        }
        if !fenced.isEmpty { throw Fenced(partitions: fenced) }
    }

    // MARK: - Rows

    private static let imageColumns =
        "id, device_id, captured_at, label, png, kafka_topic, kafka_partition, kafka_offset"
    private static let inferenceColumns = """
        image_id, captured_at, model, model_version, precision, label, probability, top5, received_at, decoded_at, \
        inferred_at, kafka_topic, kafka_partition, kafka_offset
        """
    private static let stagingTables = """
        CREATE TEMPORARY TABLE staged_images ON COMMIT DELETE ROWS AS
            SELECT \(imageColumns) FROM images WITH NO DATA;
        CREATE TEMPORARY TABLE staged_inferences ON COMMIT DELETE ROWS AS
            SELECT \(inferenceColumns) FROM inferences WITH NO DATA;
        """

    private func insertRows(of batch: PersistBatch, on connection: Connection) throws -> PersistSummary {
        var counts = PersistSummary()
        counts.transactions = 1
        counts.images = try copy(into: "images", PersistStore.imageColumns, on: connection, batch.images) {
            try PersistStore.write($0, to: &$1)
        }
        counts.inferences = try copy(
            into: "inferences", PersistStore.inferenceColumns, on: connection, batch.inferences
        ) {
            try PersistStore.write($0, to: &$1)
        }
        counts.deadLetters = try batch.deadLetters.reduce(0) { try $0 + insert($1.event, on: connection) }
        counts.duplicates =
            batch.images.count + batch.inferences.count + batch.deadLetters.count - counts.images - counts.inferences
            - counts.deadLetters
        return counts
    }

    /// Copies rows straight into the table; where one of them is there already, through a staging table that leaves out
    /// what is there.
    ///
    /// - Returns: how many rows were added.
    private func copy<Item>(
        into table: String, _ columns: String, on connection: Connection, _ items: [Item],
        _ write: (Item, inout CopyWriter) throws -> Void
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
            _ = try copy(into: "staged_\(table)")
            return try connection.query(
                "INSERT INTO \(table) (\(columns)) SELECT \(columns) FROM staged_\(table) ON CONFLICT DO NOTHING"
            ).affected
        }
    }

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

    private func insert(_ letter: DeadLetter, on connection: Connection) throws -> Int {
        // Rare and small in number, so one statement each.
        try connection.query(
            """
            INSERT INTO dead_letters (source_topic, source_partition, source_offset, stage, error_code, error_message,
                image_id, occurred_at, key, value, headers)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING
            """,
            [
                .text(letter.sourceTopic), .int(Int64(letter.partition)), .int(letter.offset),
                .text(letter.stage.rawValue), .text(letter.errorCode),
                .text(letter.message.replacing("\0", with: "\\0")),
                .uuid(letter.imageID), .timestamptz(microseconds: letter.occurredAt.microseconds), .bytea(letter.key),
                .bytea(letter.value), .text(PersistStore.json(of: letter.headers)),
            ]
        ).affected
    }

    /// Headers as JSON: names with their values in base64, since a value is any bytes and a name may come twice.
    private static func json(of headers: [MessageHeader]) -> String {
        let fields = headers.map { ["name": $0.name, "base64": Data($0.value).base64EncodedString()] }
        guard let data = try? JSONEncoder().encode(fields) else { return "[]" }
        return String(decoding: data, as: UTF8.self)
    }
}
