import Kafka
import Postgres

/// The rows of `consumer_offsets` that belong to one group on one cluster.
struct OffsetTable: Sendable {
    /// The Kafka cluster's, part of an offset's key: another cluster has other offsets.
    let clusterID: String
    /// The consumer group's name.
    let group: String

    /// How far each partition is stored.
    func read(on connection: Connection) throws -> [TopicPartition: StoredOffset] {
        let rows = try connection.query(
            """
            SELECT topic, partition, next_offset, last_message FROM consumer_offsets
            WHERE cluster_id = $1 AND group_id = $2
            """,
            [.text(clusterID), .text(group)])
        var offsets: [TopicPartition: StoredOffset] = [:]
        for row in rows {
            guard let topic = row[0], let partition = row.int(1), let next = row.int(2) else { continue }
            offsets[TopicPartition(topic: topic, partition: Int32(partition))] = StoredOffset(next, last: row[3])
        }
        return offsets
    }

    /// The other clusters for which this group has stored offsets of these topics.
    func otherClusters(of topics: [String], on connection: Connection) throws -> [String] {
        let rows = try connection.query(
            """
            SELECT cluster_id, topic FROM consumer_offsets WHERE cluster_id <> $1 AND group_id = $2
            GROUP BY cluster_id, topic ORDER BY max(updated_at) DESC
            """,
            [.text(clusterID), .text(group)])
        var clusters: [String] = []
        for row in rows {
            guard let cluster = row[0], let topic = row[1], topics.contains(topic) else { continue }
            if !clusters.contains(cluster) { clusters.append(cluster) }
        }
        return clusters
    }

    /// Notes where a partition begins of which nothing was stored yet.
    ///
    /// - Returns: false where another member was faster.
    func begin(_ partition: TopicPartition, at offset: Int64, on connection: Connection) throws -> Bool {
        try connection.query(
            """
            INSERT INTO consumer_offsets (cluster_id, group_id, topic, partition, next_offset)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
            """,
            key(partition) + [.int(offset)]
        ).affected == 1
    }

    /// Puts a stored offset back, where the operator has chosen to go on from what the broker still holds: the one case in
    /// which an offset decreases.
    ///
    /// - Returns: false where the offset is not `old` any more.
    func reset(_ partition: TopicPartition, from old: Int64, to new: Int64, on connection: Connection) throws -> Bool {
        try connection.query(
            """
            UPDATE consumer_offsets SET next_offset = $5, last_message = NULL, updated_at = now()
            WHERE cluster_id = $1 AND group_id = $2 AND topic = $3 AND partition = $4 AND next_offset = $6
            """,
            key(partition) + [.int(new), .int(old)]
        ).affected == 1
    }

    /// Moves offsets on, and so locks their rows until the transaction ends.
    ///
    /// - Parameter previous: the offset stored last, by partition; -1 where there is none.
    /// - Returns: the partitions whose stored offset is not `previous`: another member has stored on from there.
    func advance(
        _ next: [TopicPartition: StoredOffset], after previous: [TopicPartition: Int64], on connection: Connection
    ) throws -> [TopicPartition] {
        var parameters: [Parameter] = [.text(clusterID), .text(group)]
        var values: [String] = []
        for (partition, offset) in next {
            let number = parameters.count
            let types = ["", "::integer", "::bigint", "", "::bigint"]
            let places = types.enumerated().map { "$\(number + $0 + 1)\($1)" }
            values.append("(\(places.joined(separator: ", ")))")
            parameters += [
                .text(partition.topic), .int(Int64(partition.partition)), .int(offset.next), .text(offset.last),
                .int(previous[partition, default: -1]),
            ]
        }
        guard !values.isEmpty else { return [] }
        // In one order everywhere, so that two members never wait for each other.
        let rows = try connection.query(
            """
            WITH given (topic, partition, next_offset, last_message, previous) AS (VALUES \(values.joined(separator: ", ")))
            INSERT INTO consumer_offsets AS stored (cluster_id, group_id, topic, partition, next_offset, last_message)
            SELECT $1, $2, topic, partition, next_offset, last_message FROM given ORDER BY topic, partition
            ON CONFLICT (cluster_id, group_id, topic, partition) DO UPDATE
            SET next_offset = EXCLUDED.next_offset, last_message = EXCLUDED.last_message, updated_at = now()
            WHERE stored.next_offset < EXCLUDED.next_offset AND stored.next_offset = (
                SELECT previous FROM given WHERE topic = EXCLUDED.topic AND partition = EXCLUDED.partition)
            RETURNING topic, partition
            """, parameters)
        var moved: Set<TopicPartition> = []
        for row in rows {
            guard let topic = row[0], let partition = row.int(1) else { continue }
            moved.insert(TopicPartition(topic: topic, partition: Int32(partition)))
        }
        return next.keys.filter { !moved.contains($0) }
    }

    private func key(_ partition: TopicPartition) -> [Parameter] {
        [.text(clusterID), .text(group), .text(partition.topic), .int(Int64(partition.partition))]
    }
}
