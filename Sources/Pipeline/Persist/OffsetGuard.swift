import Kafka
import Telemetry

/// Decides where partitions begin, and notices where the stored offset and the broker do not fit: nothing is ever
/// skipped in silence.
struct OffsetGuard {
    /// How long the broker may take for one answer. Whoever asks tries again.
    private static let patience = Duration.seconds(5)
    /// How long it may take to hand out the messages that were stored last: without them nobody can tell whether the topic
    /// was made anew.
    private static let readingTime = Duration.seconds(30)

    let options: PersistOptions
    let store: PersistStore
    let admin: Admin
    let logger: Logger

    /// A partition whose stored offset is not one to go on from.
    private struct Gap {
        let partition: TopicPartition
        let stored: Int64
        /// The oldest offset that the broker holds.
        let earliest: Int64
        let reason: String
    }

    /// Looks up where partitions begin.
    ///
    /// - Returns: the offsets; partitions are missing whose stored offset another member has changed meanwhile.
    /// - Throws: `RoleError` (65) where messages are missing and the user has not chosen to go on without them.
    func starts(for partitions: Set<TopicPartition>) throws -> [TopicPartition: Int64] {
        let known = try store.offsets()
        try checkCluster(known)
        var starts: [TopicPartition: Int64] = [:]
        var gaps: [Gap] = []
        var suspects: [TopicPartition: (offset: StoredOffset, earliest: Int64)] = [:]
        for partition in partitions.sorted(by: { $0.description < $1.description }) {
            let range = try admin.watermarks(partition, timeout: OffsetGuard.patience)
            guard let offset = known[partition] else {
                if try store.begin(partition, at: range.low) { starts[partition] = range.low }
                continue
            }
            if let reason = OffsetGuard.reason(offset.next, range) {
                gaps.append(Gap(partition: partition, stored: offset.next, earliest: range.low, reason: reason))
                continue
            }
            starts[partition] = offset.next
            // Where retention has just passed the last stored message, nothing is left to compare.
            if offset.last != nil, offset.next > range.low { suspects[partition] = (offset, range.low) }
        }
        gaps += try madeAnew(suspects)
        if !gaps.isEmpty { starts.merge(try close(gaps)) { $1 } }
        return starts
    }

    /// What is wrong with a stored offset; nil where the broker holds it.
    private static func reason(_ next: Int64, _ range: (low: Int64, high: Int64)) -> String? {
        if next < range.low {
            return "\(range.low - next) messages are missing, from offset \(next) to \(range.low - 1): retention has "
                + "removed them, or the topic was made anew"
        }
        if next > range.high {
            return "offset \(next) comes next, but the broker holds \(range.low) to \(range.high): the topic was made "
                + "anew, or this database belongs to another cluster"
        }
        return nil
    }

    // MARK: - Another topic, another cluster

    /// Finds partitions whose last stored message is another one on the broker.
    private func madeAnew(
        _ suspects: [TopicPartition: (offset: StoredOffset, earliest: Int64)]
    ) throws -> [Gap] {
        if suspects.isEmpty { return [] }
        let places = suspects.map { TopicPartitionOffset($0.key, $0.value.offset.next - 1) }
        let found = try StoredMessages.identities(at: places, options.kafka, within: OffsetGuard.readingTime)
        var gaps: [Gap] = []
        for (partition, suspect) in suspects.sorted(by: { $0.key.description < $1.key.description }) {
            guard let identity = found[partition] else {
                logger.warning(
                    "cannot tell whether the topic was made anew: its last stored message is not to be read",
                    ["partition": partition.description, "offset": suspect.offset.next - 1])
                continue
            }
            if identity == suspect.offset.last { continue }
            gaps.append(
                Gap(
                    partition: partition, stored: suspect.offset.next, earliest: suspect.earliest,
                    reason: "the message at offset \(suspect.offset.next - 1) is not the one that was stored last: the "
                        + "topic was made anew"))
        }
        return gaps
    }

    /// A group that has stored offsets for other clusters alone has met a new one.
    private func checkCluster(_ known: [TopicPartition: StoredOffset]) throws {
        guard !known.keys.contains(where: { options.topics.all.contains($0.topic) }) else { return }
        let others = try store.otherClusters(of: options.topics.all)
        guard let other = others.first else { return }
        guard options.onOffsetGap == .earliest else {
            throw RoleError(
                .badData,
                """
                the database has stored offsets of group \(store.group) for Kafka cluster \(other), none for cluster \
                \(store.clusterID) at \(options.kafka.bootstrapServers): name the right brokers or the right database, or \
                begin this cluster from its earliest messages with --on-offset-gap earliest
                """)
        }
        logger.warning(
            "another Kafka cluster: begun from its earliest messages",
            ["cluster": store.clusterID, "before": other, "group": store.group])
    }

    // MARK: - The user's choice

    private func close(_ gaps: [Gap]) throws -> [TopicPartition: Int64] {
        guard options.onOffsetGap == .earliest else {
            let first = gaps[0]
            let others = gaps.count == 1 ? "" : " (and \(gaps.count - 1) more partitions)"
            throw RoleError(
                .badData,
                """
                \(first.partition.topic) partition \(first.partition.partition)\(others): \(first.reason). \
                --on-offset-gap earliest goes on from \(first.earliest), the earliest that the broker holds
                """)
        }
        var starts: [TopicPartition: Int64] = [:]
        for gap in gaps {
            guard try store.reset(gap.partition, from: gap.stored, to: gap.earliest) else { continue }
            starts[gap.partition] = gap.earliest
            logger.warning(
                "going on from the earliest message: \(gap.reason)",
                [
                    "partition": gap.partition.description, "stored": gap.stored, "earliest": gap.earliest,
                    "missing": max(0, gap.earliest - gap.stored),
                ])
        }
        return starts
    }
}
