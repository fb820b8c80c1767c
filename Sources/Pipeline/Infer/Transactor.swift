import Events
import Kafka
import Telemetry
import Threads

/// Makes one transaction after the other with a `transactional.id`, and knows of each whether it took place. Used by one
/// thread.
final class Transactor: @unchecked Sendable {
    // `@unchecked`: made by one thread and handed to the one that uses it; delivery reports touch `refused` alone.

    /// What became of a transaction.
    enum End {
        /// Readers see the events, and the offsets are committed.
        case committed
        /// Nobody ever sees anything of it. The events, as they may be sent in another.
        case aborted([Outcome])
    }

    /// How long one call to the broker may take before it is asked whether the role is ending.
    private static let step = Duration.seconds(1)
    /// What an abort may take when the time to end is over: an open transaction blocks readers until it times out.
    private static let lastAbort = Duration.seconds(1)

    private let configuration: KafkaConfiguration
    private let consumer: Consumer
    private let logger: Logger
    private let end: @Sendable () -> UInt64?
    private let timeLimit: Duration
    private var producer: Producer
    /// Whether a transaction is open.
    private var isOpen = false
    /// Numbers the events of all transactions.
    private var nextToken: UInt64 = 0
    /// Events that the broker refused for a reason that concerns them alone.
    private let refused: Monitor<[UInt64: KafkaError]>

    /// Registers the `transactional.id`.
    ///
    /// - Parameters:
    ///   - timeout: how long the broker may take.
    ///   - end: when to give up (a `MonotonicClock` instant); nil while the role goes on.
    init(
        _ configuration: KafkaConfiguration, consumer: Consumer, timeout: Duration, logger: Logger,
        end: @escaping @Sendable () -> UInt64?
    ) throws(KafkaError) {
        self.configuration = configuration
        self.consumer = consumer
        self.logger = logger
        self.end = end
        timeLimit = .milliseconds(configuration["transaction.timeout.ms"].flatMap { Int($0) } ?? 60_000)
        refused = Monitor([:])
        producer = try Transactor.producer(configuration, logger, refused)
        let deadline = MonotonicDeadline(after: timeout)
        try patiently(until: { deadline.hasPassed }) { timeout throws(KafkaError) in
            try producer.initTransactions(timeout: min(deadline.remaining, timeout))
        }
    }

    /// Gives up what is under way, and ends.
    func close() {
        if isOpen { try? producer.abortTransaction(timeout: Transactor.lastAbort) }
        producer.close()
    }

    /// Sends events and commits offsets, in one transaction.
    ///
    /// - Parameter member: of the consumer's group, from before the offsets were chosen.
    /// - Throws: what no repetition mends, or where the role has to end.
    func run(
        _ outcomes: [Outcome], _ offsets: [TopicPartitionOffset], as member: GroupMetadata
    ) throws(KafkaError) -> End {
        let start = MonotonicClock.now
        let firstToken = nextToken
        var outcomes = outcomes
        do {
            try producer.beginTransaction()
            isOpen = true
            for index in outcomes.indices {
                // Closing aborts it.
                guard try send(&outcomes[index]) else { return .aborted(outcomes) }
            }
            try patiently { timeout throws(KafkaError) in
                try producer.sendOffsets(offsets, group: member, timeout: timeout)
            }
            try patiently { timeout throws(KafkaError) in try producer.commitTransaction(timeout: timeout) }
            isOpen = false
            return .committed
        } catch {
            logger.warning("a transaction failed: \(error.message)", ["error": error.name, "events": outcomes.count])
            try shorten(&outcomes, from: firstToken)
            let isOld = MonotonicClock.now - start >= UInt64(timeLimit.nanoseconds)
            return try recover(from: error, isOld: isOld, outcomes, offsets)
        }
    }

    // MARK: - Steps

    /// Repeats a call while repeating may help.
    private func patiently(
        until isOver: () -> Bool = { false }, _ call: (_ timeout: Duration) throws(KafkaError) -> Void
    ) throws(KafkaError) {
        while true {
            let left = end().map { Duration.nanoseconds(Int64($0 &- min($0, MonotonicClock.now))) }
            do throws(KafkaError) {
                return try call(min(left ?? Transactor.step, Transactor.step))
            } catch {
                guard error.isRetriable, left != .zero, !isOver() else { throw error }
            }
        }
    }

    /// Hands an event to the producer, waiting for room.
    ///
    /// - Returns: false where the role has to end first.
    private func send(_ outcome: inout Outcome) throws(KafkaError) -> Bool {
        while end().map({ $0 > MonotonicClock.now }) ?? true {
            do throws(KafkaError) {
                if try producer.send(outcome.event, topic: outcome.topic, token: nextToken) {
                    nextToken += 1
                    return true
                }
                producer.waitForRoom(until: MonotonicClock.deadline(after: .milliseconds(100)))
            } catch {
                guard error.code == .messageTooLarge, let shorter = DeadLetter.shorter(outcome.event) else {
                    throw error
                }
                outcome.event = shorter
            }
        }
        return false
    }

    /// Dead letters that the broker found too large go without their original's value next time.
    private func shorten(_ outcomes: inout [Outcome], from firstToken: UInt64) throws(KafkaError) {
        let refused = refused.read { refused in
            defer { refused = [:] }
            return refused
        }
        for (token, error) in refused where token >= firstToken && token - firstToken < UInt64(outcomes.count) {
            let index = Int(token - firstToken)
            guard error.code == .messageTooLarge, let shorter = DeadLetter.shorter(outcomes[index].event) else {
                throw error
            }
            outcomes[index].event = shorter
        }
    }

    // MARK: - Failures

    private func recover(
        from error: KafkaError, isOld: Bool, _ outcomes: [Outcome], _ offsets: [TopicPartitionOffset]
    ) throws(KafkaError) -> End {
        var error = error
        // The group refuses the member whose metadata the transaction carries: that says nothing of the producer. This member
        // may have joined anew meanwhile, after a broken connection; where another process has its name, polling tells.
        let concernsMember = error.name == "FENCED_INSTANCE_ID"
        if !error.isFatal || concernsMember {
            do throws(KafkaError) {
                if isOpen {
                    try patiently { timeout throws(KafkaError) in try producer.abortTransaction(timeout: timeout) }
                }
                isOpen = false
                // No repetition mends these.
                if error.code == .authorization || error.code == .messageTooLarge { throw error }
                return .aborted(outcomes)
            } catch let next {
                error = next
            }
        }
        guard error.isFatal else { throw error }
        // The coordinator refuses a transaction that has taken too long in the words for a second process of the same
        // name. Only one that was still young was taken away by another.
        let isFenced = error.code == .fenced || error.name == "INVALID_PRODUCER_EPOCH"
        if isFenced, !isOld { throw error }
        try replaceProducer(after: error)
        return try hasTakenPlace(offsets) ? .committed : .aborted(outcomes)
    }

    private func replaceProducer(after error: KafkaError) throws(KafkaError) {
        logger.warning("the producer failed for good and is made anew", ["error": error.name])
        isOpen = false
        producer.close()
        producer = try Transactor.producer(configuration, logger, refused)
        try patiently { timeout throws(KafkaError) in try producer.initTransactions(timeout: timeout) }
    }

    /// Whether the last transaction was committed, of which no answer came: `initTransactions` has ended it by now, and
    /// its offsets are the group's only if it was.
    private func hasTakenPlace(_ offsets: [TopicPartitionOffset]) throws(KafkaError) -> Bool {
        var committed: [TopicPartitionOffset] = []
        try patiently { timeout throws(KafkaError) in
            committed = try consumer.committed(offsets.map(\.topicPartition), timeout: timeout)
        }
        let known = Dictionary(committed.map { ($0.topicPartition, $0.offset) }) { $1 }
        return offsets.allSatisfy { known[$0.topicPartition, default: -1] >= $0.offset }
    }

    private static func producer(
        _ configuration: KafkaConfiguration, _ logger: Logger, _ refused: Monitor<[UInt64: KafkaError]>
    ) throws(KafkaError) -> Producer {
        try Producer(
            configuration: configuration,
            onDelivery: { reports in
                for report in reports {
                    guard let error = report.error,
                        error.code == .messageTooLarge || error.code == .authorization
                    else { continue }
                    refused.read { $0[report.token] = error }
                }
            },
            onError: { error in logger.warning("producer: \(error.message)", ["error": error.name]) })
    }
}
