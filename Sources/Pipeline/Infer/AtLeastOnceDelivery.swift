import Events
import Kafka
import Telemetry
import Threads

/// Sends results as they come, and now and then commits the offsets below which everything is acknowledged.
final class AtLeastOnceDelivery: Delivery {
    private let sender: ResultSender
    private let tracker: CommitTracker
    private let consumer: Consumer
    private let logger: Logger
    private let committing: Repeater

    /// - Parameters:
    ///   - interval: from one commit to the next.
    ///   - onDelivered: called with each event that the broker has acknowledged.
    init(
        _ configuration: KafkaConfiguration, tracker: CommitTracker, consumer: Consumer, interval: Duration,
        logger: Logger, onDelivered: @escaping @Sendable (Outcome) -> Void
    ) throws {
        self.tracker = tracker
        self.consumer = consumer
        self.logger = logger
        sender = try ResultSender(
            configuration: configuration, tracker: tracker, logger: logger, onAcknowledged: onDelivered)
        committing = Repeater(name: "commit", every: interval) {
            AtLeastOnceDelivery.commit(tracker.takeCommittable(), async: true, consumer, tracker, logger)
        }
    }

    var failure: KafkaError? { sender.failure }

    /// Sending itself waits, where the local queue is full.
    func waitForRoom() {}

    func send(_ outcomes: [Outcome]) {
        for outcome in outcomes { sender.send(outcome) }
    }

    func tend() {
        sender.retry()
    }

    func release(_ partitions: [TopicPartition]) {
        commit(tracker.takeCommittable(partitions))
    }

    func drain(timeout: Duration) {
        sender.flush(timeout: timeout)
        committing.stop()
        commit(tracker.takeCommittable())
    }

    func close() {
        sender.close()
    }

    private func commit(_ offsets: [TopicPartitionOffset]) {
        AtLeastOnceDelivery.commit(offsets, async: false, consumer, tracker, logger)
    }

    private static func commit(
        _ offsets: [TopicPartitionOffset], async: Bool, _ consumer: Consumer, _ tracker: CommitTracker,
        _ logger: Logger
    ) {
        guard !offsets.isEmpty else { return }
        do {
            try consumer.commit(offsets, async: async)
        } catch {
            // Not lost: whoever owns the partition next classifies from the last commit on, under the same ids.
            logger.warning("commit failed: \(error.message)", ["error": error.name])
            tracker.restore(offsets)
        }
    }
}
