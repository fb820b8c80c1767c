import Events
import Inference
import Kafka
import Telemetry
import Threads

/// The classifier: images from Kafka, through the model, results to Kafka.
///
/// Threads: the caller's polls, so that the group never waits for the model; one decodes; one for each stream runs the
/// model; the delivery has its own. Between them are bounded queues.
public final class InferRole: Sendable {
    private let options: InferOptions
    private let services: RoleServices
    private let model: Model
    private let tracker = CommitTracker()
    private let summary = Monitor(InferSummary())
    private let incoming: BoundedQueue<ReceivedImage>
    private let batcher: Batcher<ModelItem>
    private let streamCount: Int
    private let service: InferenceService?
    private let counters: InferCounters
    /// When the time to drain is over (a `MonotonicClock` instant): what is not begun then is left to the next member.
    private let drainEnd = Monitor(UInt64.max)

    /// Reads the weights file, makes sure of the topics, then builds the model, which takes a second: what is cheap to
    /// find wrong is found first.
    ///
    /// - Parameter service: brings pictures of HTTP requests.
    /// - Throws: `KafkaError` or `RoleError` where the broker cannot be used; `InferenceError` where libtorch or the weights
    ///   cannot.
    public init(options: InferOptions, services: RoleServices, service: InferenceService? = nil) throws {
        self.options = options
        self.service = service
        self.services = services
        counters = InferCounters(services.metrics)
        let weights = try options.model.loadWeights()
        _ = try options.topics.ensure(
            with: Admin(configuration: options.kafka), timeout: options.connectTimeout, logger: services.logger)
        model = try options.model.makeModel(weights, logger: services.logger)
        streamCount = options.model.effectiveStreams
        let waiting = max(64, 4 * options.model.batch * streamCount)
        incoming = BoundedQueue(capacity: waiting)
        batcher = Batcher(maximumBatch: options.model.batch, maximumDelay: options.batchDelay, capacity: waiting)
    }

    /// Classifies until a stop is asked for, then finishes what was begun and commits.
    ///
    /// - Throws: the error of the module that failed; what was not committed is classified again by whoever comes next.
    public func run() throws -> InferSummary {
        let logger = services.logger
        let consumer = try Consumer(
            configuration: options.consumerConfiguration, group: options.group,
            onError: { error in logger.warning("consumer: \(error.message)", ["error": error.name]) })
        let delivery = try makeDelivery(consumer)
        let streams = ModelStreams(
            model: model, batcher: batcher, topic: options.topics.inferences, delivery: delivery,
            service: service)
        // Warm first: a member that has partitions should not make its images wait for that.
        try streams.start(streamCount) { [self] in isDrainOver }
        let reload = ModelReload(settings: options.model, streams: streams, logger: logger)
        services.reload.onRequest { reload.run() }
        defer { services.reload.onRequest(nil) }
        service?.open(ServedModel(model)) { [batcher] in batcher.offer($0.map { .request($0) }) }
        defer { service?.close() }
        try consumer.subscribe([options.topics.images], rebalance: rebalanceListener(delivery))
        let decoder = startDecoder(delivery)

        let polled = Result {
            while !services.stop.isRequested {
                try pollOnce(consumer) {
                    delivery.tend()
                    if let error = delivery.failure ?? streams.failure { throw error }
                }
            }
        }
        // Drain, front to back.
        ServiceNotification.stopping()
        service?.refuse()
        let hasFailed = if case .failure = polled { true } else { false }
        // After a failure what is in work is classified again by whoever comes next.
        let deadline = MonotonicDeadline(after: hasFailed ? .zero : options.drainTimeout)
        drainEnd.update { $0 = MonotonicClock.deadline(after: deadline.remaining) }
        incoming.close()
        decoder.join()
        batcher.close()
        streams.join()
        service?.close()
        delivery.drain(timeout: deadline.remaining)
        consumer.close()
        delivery.close()
        try polled.get()
        // The drain itself may have failed.
        if let error = streams.failure ?? delivery.failure { throw error }
        return summary.read { $0 }
    }

    private func makeDelivery(_ consumer: Consumer) throws -> any Delivery {
        let logger = services.logger
        let results = options.topics.inferences
        let onDelivered = { @Sendable [summary, counters] (outcome: Outcome) in
            let isResult = outcome.topic == results
            summary.read { summary in
                if isResult { summary.classified += 1 } else { summary.deadLettered += 1 }
                if let isRight = outcome.isRight { summary.answers.add(isRight: isRight) }
            }
            (isResult ? counters.classified : counters.deadLettered).add(1)
            if let isRight = outcome.isRight { (isRight ? counters.right : counters.wrong).add(1) }
        }
        let configuration = try options.producerConfiguration
        switch options.delivery {
        case .atLeastOnce:
            return try AtLeastOnceDelivery(
                configuration, tracker: tracker, consumer: consumer, interval: options.effectiveCommitInterval,
                logger: logger, onDelivered: onDelivered)
        case .exactlyOnce:
            logger.info("transactions", ["transactional.id": configuration["transactional.id"] ?? ""])
            return try TransactionalDelivery(
                configuration, tracker: tracker, consumer: consumer, interval: options.effectiveCommitInterval,
                timeout: options.connectTimeout, logger: logger, onDelivered: onDelivered)
        }
    }

    private func startDecoder(_ delivery: any Delivery) -> OSThread {
        let decoder = ImageDecoder(
            topics: options.topics, tracker: tracker, delivery: delivery, logger: services.logger,
            onSkipped: { [summary, counters] in
                summary.read { $0.skipped += 1 }
                counters.skipped.add(1)
            })
        return OSThread(name: "decode") { [self] in decoder.run(from: incoming, to: batcher) { isDrainOver } }
    }

    /// Whether the time to drain is over.
    private var isDrainOver: Bool { drainEnd.read { $0 } <= MonotonicClock.now }

    // MARK: - Polling

    private func rebalanceListener(_ delivery: any Delivery) -> RebalanceListener {
        RebalanceListener(
            assigned: { [tracker, services] partitions in
                tracker.add(partitions)
                services.logger.info(
                    "partitions assigned", ["partitions": partitions.map(\.description).joined(separator: ",")])
                // Only a member of the group can serve.
                ServiceNotification.ready()
                return [:]
            },
            revoked: { [tracker, services] partitions in
                delivery.release(partitions)
                tracker.remove(partitions)
                services.logger.info(
                    "partitions revoked", ["partitions": partitions.map(\.description).joined(separator: ",")])
            },
            lost: { [tracker, services] partitions in
                tracker.remove(partitions)
                services.logger.warning(
                    "partitions lost", ["partitions": partitions.map(\.description).joined(separator: ",")])
            })
    }

    /// Polls once and hands over what came; `check` throws where somebody else has failed.
    private func pollOnce(_ consumer: Consumer, check: () throws -> Void) throws {
        try check()
        let messages = try consumer.poll(maximum: options.model.batch * streamCount, timeout: .milliseconds(100))
        guard !messages.isEmpty else { return }
        var waiting = begin(messages)
        var paused: Set<TopicPartition> = []
        while let next = waiting.first {
            // Room comes soon while the model works. Where it does not, the group is kept alive by polling on, with the
            // partitions paused; pausing at once would throw prefetched messages away each time.
            if incoming.push(next, until: MonotonicClock.deadline(after: .milliseconds(500))) {
                waiting.removeFirst()
            } else if services.stop.isRequested {
                return
            } else {
                try check()
                let assigned = consumer.assignment
                try consumer.pause(assigned)
                paused.formUnion(assigned)
                // Only a partition assigned in this very call can bring messages.
                waiting += begin(try consumer.poll(maximum: options.model.batch, timeout: .zero))
            }
        }
        if !paused.isEmpty { try consumer.resume(consumer.assignment.filter(paused.contains)) }
    }

    private func begin(_ messages: [KafkaMessage]) -> ArraySlice<ReceivedImage> {
        let receivedAt = Timestamp.now
        summary.read { $0.received += messages.count }
        counters.received.add(messages.count)
        return messages.compactMap { message in
            tracker.begin(message.topicPartition, offset: message.offset).map {
                ReceivedImage(message: message, ticket: $0, receivedAt: receivedAt)
            }
        }[...]
    }
}
