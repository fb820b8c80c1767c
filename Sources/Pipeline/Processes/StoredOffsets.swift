import Kafka
import Postgres

/// What persist has stored, read from `consumer_offsets`: how far it is, and the credit of producers on the embedded
/// broker.
final class StoredOffsets {
    private let connection: Connection
    private let clusterID: String

    /// - Parameter clusterID: the Kafka cluster's: a database may hold the offsets of others too.
    init(database: String, clusterID: String) throws {
        self.clusterID = clusterID
        connection = try Connection(database, applicationName: "iotpipe")
    }

    /// The offset that follows the last message stored of each partition.
    func read() throws -> [TopicPartition: Int64] {
        let rows = try connection.query(
            """
            SELECT topic, partition, max(next_offset) FROM consumer_offsets
            WHERE cluster_id = $1 GROUP BY topic, partition
            """,
            [.text(clusterID)])
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (
                    TopicPartition(topic: row[0] ?? "", partition: Int32(row.int(1) ?? 0)),
                    row.int(2) ?? 0
                )
            })
    }

    /// One line a partition, as `CreditWindow` takes them.
    static func lines(_ offsets: [TopicPartition: Int64]) -> String {
        offsets.map { "\($0.key.topic) \($0.key.partition) \($0.value)\n" }.joined()
    }
}
