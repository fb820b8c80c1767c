import Postgres

/// What persist has stored, read from `consumer_offsets`: the demo's progress, and the credit of its producers.
final class DemoCredit {
    private let connection: Connection
    private let clusterID: String

    /// - Parameter clusterID: the Kafka cluster's: a database may hold the offsets of others too.
    init(database: String, clusterID: String) throws {
        self.clusterID = clusterID
        connection = try Connection(database, applicationName: "iotpipe demo")
    }

    /// One line a partition, as `CreditWindow` takes them.
    func read() throws -> String {
        let rows = try connection.query(
            """
            SELECT topic, partition, max(next_offset) FROM consumer_offsets
            WHERE cluster_id = $1 GROUP BY topic, partition ORDER BY 1, 2
            """,
            [.text(clusterID)])
        return rows.map { "\($0[0] ?? "") \($0[1] ?? "") \($0[2] ?? "")\n" }.joined()
    }
}
