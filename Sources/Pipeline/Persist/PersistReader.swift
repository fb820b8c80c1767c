import Kafka
import Telemetry

/// Reads as a member of the group, and knows how far each of its partitions is stored.
///
/// A partition comes without a place, and is put off: nothing that may take long happens inside a rebalance. Its owner
/// looks up the stored offset when the database answers, and `place` lets it begin there. Polling never ends meanwhile.
final class PersistReader: @unchecked Sendable {
    // `@unchecked`: used by the polling thread alone; rebalance callbacks come inside its calls of `poll` and `close`.

    /// The next offset to store, by partition that has its place.
    private(set) var stored: [TopicPartition: Int64] = [:]
    /// The partitions without a place.
    private(set) var waiting: Set<TopicPartition> = []
    /// Whether the group has given this member its share, which may be nothing.
    private(set) var isMember = false
    /// Whether reading must begin anew, with another reader: the broker does not hold the next offset any more.
    private(set) var hasLostPlace = false

    private let consumer: Consumer
    private let logger: Logger
    private let onRevoked: (Set<TopicPartition>) -> Void
    /// The next offset to take in; below it are messages that were handed out before.
    private var position: [TopicPartition: Int64] = [:]
    private var paused: Set<TopicPartition> = []
    /// The partitions without a place that are being read already, in vain.
    private var displaced: Set<TopicPartition> = []
    private var failedPlacements = 0

    /// Joins the group.
    ///
    /// - Parameter onRevoked: called while polling with partitions that are not this member's any more.
    init(
        _ options: PersistOptions, logger: Logger, onRevoked: @escaping (Set<TopicPartition>) -> Void
    ) throws {
        self.logger = logger
        self.onRevoked = onRevoked
        var configuration = options.kafka
        // Whatever the user says: an offset that is gone is an error, never a leap.
        configuration.set("auto.offset.reset", "error")
        consumer = try Consumer(
            configuration: configuration, group: options.group,
            onError: { error in logger.warning("consumer: \(error.message)", ["error": error.name]) })
        try consumer.subscribe(
            options.topics.all,
            rebalance: RebalanceListener(
                assigned: { [unowned self] partitions in assigned(partitions) },
                revoked: { [unowned self] partitions in revoked(partitions) },
                lost: { [unowned self] partitions in revoked(partitions) }))
    }

    /// Leaves the group.
    func close() {
        consumer.close()
    }

    // MARK: - Reading

    /// Waits for messages of partitions that have their place.
    func poll(maximum: Int, timeout: Duration) throws -> [KafkaMessage] {
        var messages: [KafkaMessage] = []
        do {
            messages = try consumer.poll(maximum: maximum, timeout: timeout)
        } catch {
            // A broker that has just started may not know its topics yet: joining anew asks again, and says so where one is
            // really gone.
            guard error.code == .offsetOutOfRange || error.code == .unknownTopic else { throw error }
            logger.warning("consumer: \(error.message)", ["error": error.name])
            hasLostPlace = true
        }
        try pause(displaced)
        return messages.filter { message in
            guard let place = position.index(forKey: message.topicPartition), message.offset >= position.values[place]
            else { return false }
            position.values[place] = message.offset + 1
            return true
        }
    }

    /// Has the client fetch more, after much was taken from it at once.
    func refill() {
        consumer.refill(Array(stored.keys))
    }

    /// Polls with everything paused, so that the group keeps this member while it waits for something else.
    ///
    /// - Returns: what was under way already.
    func idle(for timeout: Duration) throws -> [KafkaMessage] {
        try pause(displaced.union(stored.keys))
        return try poll(maximum: 100, timeout: timeout)
    }

    /// Reads on after `idle`.
    func resume() throws {
        let partitions = paused.intersection(stored.keys)
        paused.subtract(partitions)
        try consumer.resume(Array(partitions))
    }

    /// Gives partitions their places, and begins to read them there.
    func place(_ starts: [TopicPartition: Int64]) throws {
        let starts = starts.filter { waiting.contains($0.key) }
        let moved = starts.filter { displaced.contains($0.key) }
        do {
            try consumer.seek(moved.map { TopicPartitionOffset($0.key, $0.value) })
        } catch {
            // They may have been taken away: the next poll tells.
            failedPlacements += 1
            logger.debug("partitions are not placed yet: \(error.message)", ["error": error.name])
            if failedPlacements > 50 { hasLostPlace = true }
            return
        }
        failedPlacements = 0
        try consumer.place(starts.filter { moved[$0.key] == nil }, beside: position.merging(moved) { $1 })
        for (partition, offset) in starts {
            stored[partition] = offset
            position[partition] = offset
            waiting.remove(partition)
            displaced.remove(partition)
        }
        try resume()
    }

    /// Takes their places from all partitions, whose stored offsets are to be looked up again.
    func displace() {
        waiting.formUnion(stored.keys)
        displaced.formUnion(stored.keys)
        stored = [:]
        position = [:]
    }

    /// Notes how far partitions are stored now, and shows that to Kafka: for lag tools alone, it is never read back.
    func advance(to next: [TopicPartition: Int64]) {
        stored.merge(next.filter { stored[$0.key] != nil }) { $1 }
        do {
            try consumer.commit(next.map { TopicPartitionOffset($0.key, $0.value) }, async: true)
        } catch {
            logger.warning("offsets were stored, but not shown to Kafka: \(error.message)", ["error": error.name])
        }
    }

    private func pause(_ partitions: Set<TopicPartition>) throws {
        let running = partitions.subtracting(paused)
        if running.isEmpty { return }
        try consumer.pause(Array(running))
        paused.formUnion(running)
    }

    // MARK: - Rebalances

    private func assigned(_ partitions: [TopicPartition]) -> [TopicPartition: Int64] {
        isMember = true
        waiting.formUnion(partitions)
        logger.info("partitions assigned", ["partitions": PersistReader.names(partitions)])
        return Dictionary(uniqueKeysWithValues: partitions.map { ($0, TopicPartitionOffset.later) })
    }

    private func revoked(_ partitions: [TopicPartition]) {
        waiting.subtract(partitions)
        displaced.subtract(partitions)
        paused.subtract(partitions)
        for partition in partitions {
            stored[partition] = nil
            position[partition] = nil
        }
        onRevoked(Set(partitions))
        logger.info("partitions revoked", ["partitions": PersistReader.names(partitions)])
    }

    private static func names(_ partitions: [TopicPartition]) -> String {
        partitions.map(\.description).joined(separator: ",")
    }
}
