import Events
import Kafka
import Postgres
import Telemetry
import Threads

/// Stores images, results and dead letters in PostgreSQL: rows and consumed offsets in one transaction, so that every
/// event has exactly one row whatever is killed when.
///
/// One thread polls and writes. While the database is away the partitions are paused and polling goes on, so that the
/// group stays.
public final class PersistRole: @unchecked Sendable {
    // `@unchecked`: the variables below are touched by the thread that calls `run` alone. Rebalance callbacks come inside
    // its calls of `poll` and `close`.
    private let options: PersistOptions
    private let services: RoleServices
    private var summary = PersistSummary()
    private var batch = PersistBatch()
    /// The next offset to store, by assigned partition; -1 where none was stored yet.
    private var stored: [TopicPartition: Int64] = [:]
    private let counters: PersistCounters

    /// - Parameters:
    ///   - services: log, metrics and stop signal.
    public init(options: PersistOptions, services: RoleServices) {
        self.options = options
        self.services = services
        counters = PersistCounters(services.metrics)
    }

    /// Stores until a stop is asked for; the last batch is stored first.
    ///
    /// - Throws: `PostgresError`, `KafkaError`, or `RoleError` (65) where stored offsets and the broker's do not fit.
    public func run() throws -> PersistSummary {
        let logger = services.logger
        let admin = try Admin(configuration: options.kafka)
        _ = try options.topics.ensure(with: admin, timeout: options.connectTimeout, logger: logger)
        let clusterID = try admin.metadata(timeout: options.connectTimeout).clusterID ?? "unknown"
        let store = PersistStore(database: options.database, clusterID: clusterID, group: options.group)
        try retrying(limit: MonotonicDeadline(after: options.connectTimeout), keepingAlive: nil) {
            let applied = try store.connect()
            if !applied.isEmpty { logger.info("migrations applied", ["names": applied.joined(separator: ",")]) }
        }
        let letters = try DeadLetterSender(
            configuration: options.kafka, topic: options.topics.deadLetters, logger: logger)
        let consumer = try Consumer(
            configuration: options.kafka, group: options.group,
            onError: { error in logger.warning("consumer: \(error.message)", ["error": error.name]) })
        try consumer.subscribe(
            options.topics.all,
            rebalance: RebalanceListener(
                assigned: { [self] partitions in try assigned(partitions, store: store, admin: admin) },
                revoked: { [self] partitions in revoked(partitions) },
                lost: { [self] partitions in revoked(partitions) }))
        logger.info(
            "joining",
            ["topics": options.topics.all.joined(separator: ","), "group": options.group, "cluster": clusterID])

        let result = Result {
            while !services.stop.isRequested {
                try collect(from: consumer)
                if !batch.isEmpty { try write(to: store, letters: letters, consumer: consumer) }
            }
        }
        ServiceNotification.stopping()
        consumer.close()
        letters.close()
        // What the listener found says more than the poll that ended with it.
        if let error = consumer.listenerError { throw error }
        try result.get()
        return summary
    }

    // MARK: - Partitions

    private func assigned(
        _ partitions: [TopicPartition], store: PersistStore, admin: Admin
    ) throws -> [TopicPartition: Int64] {
        let known = try retrying(limit: nil, keepingAlive: nil) { try store.offsets() }
        var starts: [TopicPartition: Int64] = [:]
        for partition in partitions {
            let range = try admin.watermarks(partition, timeout: options.connectTimeout)
            let next = known[partition]
            stored[partition] = next ?? -1
            starts[partition] = next ?? range.low
            guard let next, next < range.low || next > range.high else { continue }
            let gap = """
                \(partition.topic) partition \(partition.partition): offset \(next) was stored last, but the broker holds \
                \(range.low) to \(range.high)
                """
            guard options.onOffsetGap == .earliest else {
                throw RoleError(
                    .badData,
                    """
                    \(gap). The topic was made anew, retention has passed the offset, or this database belongs to another \
                    cluster: --on-offset-gap earliest goes on from \(range.low)
                    """)
            }
            services.logger.warning("\(gap); going on from \(range.low)")
            try retrying(limit: nil, keepingAlive: nil) { try store.reset(partition, from: next, to: range.low) }
            stored[partition] = range.low
            starts[partition] = range.low
        }
        services.logger.info(
            "partitions assigned", ["partitions": partitions.map(\.description).joined(separator: ",")])
        // Only a member of the group can serve.
        ServiceNotification.ready()
        return starts
    }

    private func revoked(_ partitions: [TopicPartition]) {
        batch.remove(Set(partitions))
        for partition in partitions { stored[partition] = nil }
        services.logger.info("partitions revoked", ["partitions": partitions.map(\.description).joined(separator: ",")])
    }

    // MARK: - Batches

    /// Bytes of values in one batch at most: with large images a batch is full before it has its messages.
    private static let batchBytes = 8 << 20

    private func collect(from consumer: Consumer) throws {
        let now = Timestamp.now
        var deadline: MonotonicDeadline?
        var count = 0
        while count < options.batch, batch.bytes < PersistRole.batchBytes, !services.stop.isRequested {
            let timeout = deadline?.remaining ?? .milliseconds(100)
            let messages = try consumer.poll(maximum: min(100, options.batch - count), timeout: timeout)
            for message in messages { batch.add(message, topics: options.topics, now: now) }
            count += messages.count
            if deadline == nil {
                if count == 0 { return }
                deadline = MonotonicDeadline(after: options.batchDelay)
            }
            if deadline?.hasPassed == true { return }
        }
    }

    private func write(to store: PersistStore, letters: DeadLetterSender, consumer: Consumer) throws {
        let outcome = try retrying(limit: nil, keepingAlive: consumer) { () -> PersistStore.Outcome in
            // All of it again after an outage, which may have brought messages of partitions assigned meanwhile.
            while true {
                // Days first: what falls on an archived one is a dead letter.
                batch.rejectRows(of: try store.preparePartitions(for: batch.days))
                try send(batch.takeRejected(), by: letters)
                let outcome = try store.write(batch, after: stored)
                if case .dayArchived = outcome { continue }
                return outcome
            }
        }
        switch outcome {
        case .dayArchived: break  // not returned above
        case .stored(let counts):
            summary.add(counts)
            counters.add(counts)
            stored.merge(batch.next) { $1 }
            // For lag tools alone: never read back.
            let offsets = batch.next.map { TopicPartitionOffset($0.key, $0.value) }
            do {
                try consumer.commit(offsets, async: true)
            } catch {
                services.logger.warning("offsets were stored, but not shown to Kafka: \(error.message)")
            }
        case .fenced(let partitions):
            // Another member stored on from here: this one was taken for dead. Its batch is void.
            services.logger.warning(
                "another member has taken over, batch given up",
                ["partitions": partitions.map(\.description).joined(separator: ",")])
            let known = try retrying(limit: nil, keepingAlive: nil) { try store.offsets() }
            for partition in stored.keys {
                // What was never stored is read again from where it began, or the void batch's part of it would be lost.
                stored[partition] = known[partition] ?? -1
                try consumer.seek([TopicPartitionOffset(partition, known[partition] ?? TopicPartitionOffset.beginning)])
            }
        }
        batch = PersistBatch()
    }

    /// Sends the dead letters of a batch: they are on the broker before the offsets of their messages are stored; a
    /// repetition has the same id.
    private func send(_ rejected: [PersistBatch.Item<DeadLetter>], by letters: DeadLetterSender) throws {
        for item in rejected {
            services.logger.warning(
                "sent to \(options.topics.deadLetters): \(item.event.message)",
                [
                    "topic": item.message.topic, "partition": item.message.partition, "offset": item.message.offset,
                    "error": item.event.errorCode,
                ])
        }
        try letters.send(rejected.map(\.event), until: { self.services.stop.isRequested })
    }

    // MARK: - Outages

    /// Repeats `body` with capped exponential back-off and jitter while the database is away.
    ///
    /// - Parameters:
    ///   - limit: gives up then; nil goes on until a stop is asked for.
    ///   - consumer: paused and polled meanwhile, so that the group stays.
    private func retrying<Result>(
        limit: MonotonicDeadline?, keepingAlive consumer: Consumer?, _ body: () throws -> Result
    ) throws -> Result {
        var delay = Duration.milliseconds(100)
        var isPaused = false
        while true {
            do {
                let result = try body()
                if isPaused, let consumer {
                    try consumer.resume(consumer.assignment)
                    services.logger.info("the database is back")
                }
                return result
            } catch let error as PostgresError where error.isTransient {
                if services.stop.isRequested || limit?.hasPassed == true { throw error }
                services.logger.warning("the database is away, trying again: \(error.message)", ["wait": "\(delay)"])
                let pause = MonotonicDeadline(after: delay * Double.random(in: 0.5...1))
                if let consumer, !isPaused {
                    try consumer.pause(consumer.assignment)
                    isPaused = true
                }
                while !pause.hasPassed, !services.stop.isRequested {
                    if let consumer {
                        let late = try consumer.poll(maximum: 100, timeout: min(pause.remaining, .milliseconds(100)))
                        // Partitions assigned meanwhile are not paused yet; what they brought belongs to the batch.
                        for message in late { batch.add(message, topics: options.topics, now: Timestamp.now) }
                        if !late.isEmpty { try consumer.pause(consumer.assignment) }
                    } else {
                        services.stop.wait(until: MonotonicClock.deadline(after: pause.remaining))
                    }
                }
                delay = min(delay * 2, .seconds(10))
            }
        }
    }
}
