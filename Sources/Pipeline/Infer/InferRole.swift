import Events
import Images
import Inference
import Kafka
import Telemetry
import Threads

/// The classifier: images from Kafka, through the model, results to Kafka.
///
/// Threads: the caller's polls, so that the group never waits for the model; one decodes; one for each stream runs the
/// model. Between them are bounded queues. Offsets are committed only up to where every result is acknowledged.
public final class InferRole: Sendable {
    /// An image that waits to be decoded.
    private struct Received: Sendable {
        let message: KafkaMessage
        let ticket: CommitTracker.Ticket
        let receivedAt: Timestamp
    }

    /// An image that waits for the model.
    private struct Decoded: Sendable {
        let envelope: ImageCaptured.Envelope
        let image: RGBImage
        let ticket: CommitTracker.Ticket
        let receivedAt: Timestamp
        let decodedAt: Timestamp
    }

    private let options: InferOptions
    private let services: RoleServices
    private let model: Model
    private let tracker = CommitTracker()
    private let summary = Monitor(InferSummary())
    private let incoming: BoundedQueue<Received>
    private let batcher: Batcher<Decoded>
    private let counters: InferCounters
    /// When the time to drain is over (a `MonotonicClock` instant): what is not begun then is left to the next member.
    private let drainEnd = Monitor(UInt64.max)

    /// Reads the weights file, makes sure of the topics, then builds the model, which takes a second: what is cheap to
    /// find wrong is found first.
    ///
    /// - Throws: `KafkaError` or `RoleError` where the broker cannot be used; `InferenceError` where libtorch or the weights
    ///   cannot.
    public init(options: InferOptions, services: RoleServices) throws {
        self.options = options
        self.services = services
        counters = InferCounters(services.metrics)
        let path = options.weights ?? ModelLocator.defaultWeights()
        let weights = try path.map { path throws(InferenceError) in try ModelWeights.load(path) } ?? .untrained()
        _ = try options.topics.ensure(
            with: Admin(configuration: options.kafka), timeout: options.connectTimeout, logger: services.logger)
        let threads = options.threads ?? max(1, ProcessorCount.available / options.streams)
        model = try Model(
            weights: weights, precision: options.precision, device: options.device, threads: threads,
            shim: ShimLibrary.open())
        if !weights.isTrained {
            services.logger.warning(
                "UNTRAINED model: no weights were found, the answers mean nothing; give --weights or run `make weights`"
            )
        }
        services.logger.info(
            "model loaded",
            [
                "model": ModelWeights.name, "version": model.modelVersion, "weights": weights.source,
                "input": model.inputSize, "streams": options.streams, "threads": threads, "batch": options.batch,
            ])
        let waiting = max(64, 4 * options.batch * options.streams)
        incoming = BoundedQueue(capacity: waiting)
        batcher = Batcher(maximumBatch: options.batch, maximumDelay: options.batchDelay, capacity: waiting)
    }

    /// Classifies until a stop is asked for, then finishes what was begun and commits.
    ///
    /// - Throws: the error of the module that failed; what was not committed is classified again by whoever comes next.
    public func run() throws -> InferSummary {
        let logger = services.logger
        let topics = options.topics
        let sender = try ResultSender(configuration: options.kafka, tracker: tracker, logger: logger) {
            [summary, counters] topic in
            let isResult = topic == topics.inferences
            summary.read { if isResult { $0.classified += 1 } else { $0.deadLettered += 1 } }
            (isResult ? counters.classified : counters.deadLettered).add(1)
        }
        let consumer = try Consumer(
            configuration: options.kafka, group: options.group,
            onError: { error in logger.warning("consumer: \(error.message)", ["error": error.name]) })
        // Warm first: a member that has partitions should not make its images wait for that.
        let (streams, modelFailure) = try startStreams(sender)
        try consumer.subscribe([topics.images], rebalance: rebalanceListener(for: consumer))
        let decoder = OSThread(name: "decode") { [self] in decode(sendingDeadLettersWith: sender) }
        let committing = Repeater(name: "commit", every: options.commitInterval) { [self] in
            commit(tracker.takeCommittable(), with: consumer, async: true)
        }

        let polled = Result {
            while !services.stop.isRequested {
                try pollOnce(consumer) {
                    sender.retry()
                    if let error = sender.failure { throw error }
                    if let error = modelFailure.read({ $0 }) { throw error }
                }
            }
        }
        // Drain, front to back.
        ServiceNotification.stopping()
        let hasFailed = if case .failure = polled { true } else { false }
        // After a failure what is in work is classified again by whoever comes next.
        let deadline = MonotonicDeadline(after: hasFailed ? .zero : options.drainTimeout)
        drainEnd.update { $0 = MonotonicClock.deadline(after: deadline.remaining) }
        incoming.close()
        decoder.join()
        batcher.close()
        for stream in streams { stream.join() }
        sender.flush(timeout: deadline.remaining)
        committing.stop()
        commit(tracker.takeCommittable(), with: consumer, async: false)
        consumer.close()
        sender.close()
        try polled.get()
        // The drain itself may have failed.
        if let error = modelFailure.read({ $0 }) { throw error }
        if let error = sender.failure { throw error }
        return summary.read { $0 }
    }

    /// Whether the time to drain is over.
    private var isDrainOver: Bool { drainEnd.read { $0 } <= MonotonicClock.now }

    // MARK: - Polling

    private func rebalanceListener(for consumer: Consumer) -> RebalanceListener {
        RebalanceListener(
            assigned: { [tracker, services] partitions in
                tracker.add(partitions)
                services.logger.info(
                    "partitions assigned", ["partitions": partitions.map(\.description).joined(separator: ",")])
                // Only a member of the group can serve.
                ServiceNotification.ready()
                return [:]
            },
            revoked: { [self, weak consumer] partitions in
                if let consumer { commit(tracker.takeCommittable(partitions), with: consumer, async: false) }
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
        let messages = try consumer.poll(maximum: options.batch * options.streams, timeout: .milliseconds(100))
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
                waiting += begin(try consumer.poll(maximum: options.batch, timeout: .zero))
            }
        }
        if !paused.isEmpty { try consumer.resume(consumer.assignment.filter(paused.contains)) }
    }

    private func begin(_ messages: [KafkaMessage]) -> ArraySlice<Received> {
        let receivedAt = Timestamp.now
        summary.read { $0.received += messages.count }
        counters.received.add(messages.count)
        return messages.compactMap { message in
            tracker.begin(message.topicPartition, offset: message.offset).map {
                Received(message: message, ticket: $0, receivedAt: receivedAt)
            }
        }[...]
    }

    private func commit(_ offsets: [TopicPartitionOffset], with consumer: Consumer, async: Bool) {
        guard !offsets.isEmpty else { return }
        do {
            try consumer.commit(offsets, async: async)
        } catch {
            // Not lost: whoever owns the partition next classifies from the last commit on, under the same ids.
            services.logger.warning("commit failed: \(error.message)", ["error": error.name])
            tracker.restore(offsets)
        }
    }

    // MARK: - Decoding

    private func decode(sendingDeadLettersWith sender: ResultSender) {
        while let received = incoming.pop() {
            if isDrainOver { continue }
            let message = received.message
            let envelope: ImageCaptured.Envelope
            do {
                envelope = try ImageCaptured.envelope(headers: message.headers)
            } catch {
                // Faults of the envelope are persist's to report, so that none is counted twice.
                services.logger.warning(
                    "not an image event, skipped: \(error.message)",
                    ["topic": message.topic, "partition": message.partition, "offset": message.offset])
                summary.read { $0.skipped += 1 }
                counters.skipped.add(1)
                tracker.finish(received.ticket)
                continue
            }
            do {
                let image = try PNGCodec.decode(message.value)
                batcher.push(
                    Decoded(
                        envelope: envelope, image: image, ticket: received.ticket, receivedAt: received.receivedAt,
                        decodedAt: Timestamp.now))
            } catch {
                services.logger.warning(
                    "picture does not decode, sent to \(options.topics.deadLetters): \(error.message)",
                    ["image": envelope.id.lowercased, "partition": message.partition, "offset": message.offset])
                let letter = DeadLetter(
                    stage: .infer, errorCode: "image-\(error.code)", message: error.message,
                    message: message, imageID: envelope.id)
                sender.send(letter.encoded(), topic: options.topics.deadLetters, ticket: received.ticket)
            }
        }
    }

    // MARK: - Classifying

    /// Starts the threads that run the model and waits until each has warmed up: what oneDNN remembers of a batch size,
    /// it remembers a thread.
    private func startStreams(_ sender: ResultSender) throws -> (threads: [OSThread], failure: Monitor<(any Error)?>) {
        let failure = Monitor<(any Error)?>(nil)
        let warm = Monitor(0)
        let threads = (0..<options.streams).map { index in
            OSThread(name: "model-\(index)") { [self] in
                do {
                    defer { warm.update { $0 += 1 } }
                    try model.warmUp(batches: BatchBuckets.sizes(upTo: options.batch))
                } catch {
                    return failure.update { $0 = error }
                }
                do {
                    try classify(sendingWith: sender)
                } catch {
                    failure.update { $0 = error }
                    // Nobody may go on waiting for room.
                    batcher.close()
                }
            }
        }
        _ = warm.wait { $0 == options.streams ? true : nil }
        if let error = failure.read({ $0 }) { throw error }
        return (threads, failure)
    }

    private func predictions(_ probabilities: [Float]) -> [Prediction] {
        model.top(5, of: probabilities).map {
            Prediction(label: $0.label, index: $0.index, probability: Double($0.probability))
        }
    }

    private func classify(sendingWith sender: ResultSender) throws {
        while let batch = batcher.next() {
            for piece in BatchBuckets.pieces(of: batch) where !isDrainOver {
                try classify(piece, sendingWith: sender)
            }
        }
    }

    private func classify(_ batch: ArraySlice<Decoded>, sendingWith sender: ResultSender) throws {
        let probabilities = try model.classify(batch.map(\.image))
        let inferredAt = Timestamp.now
        for (item, row) in zip(batch, probabilities) {
            let event = ImageClassified(
                imageID: item.envelope.id, deviceID: item.envelope.deviceID,
                capturedAt: item.envelope.capturedAt, model: ModelWeights.name, modelVersion: model.modelVersion,
                precision: model.precision.rawValue, top5: predictions(row), receivedAt: item.receivedAt,
                decodedAt: item.decodedAt, inferredAt: inferredAt, trace: item.envelope.trace.child())
            sender.send(try event.encoded(), topic: options.topics.inferences, ticket: item.ticket)
        }
    }
}
