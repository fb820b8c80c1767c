import Events
import Kafka
import Telemetry
import Threads

/// Sends results, and commits the offsets of the images that they came of, in one Kafka transaction: readers of committed
/// messages see each result once, whatever is killed when.
///
/// A transaction holds exactly the results below the offsets that it commits: a result waits here until everything before
/// it in its partition is computed. Otherwise one from beyond the committed offset would be made again after a crash. One
/// thread makes the transactions, one after the other.
final class TransactionalDelivery: Delivery {
    private struct State {
        var held = HeldOutcomes()
        /// Whether something came since the last transaction began.
        var hasNews = false
        /// Whether somebody wants a transaction now.
        var isUrgent = false
        /// Transactions begun and ended, those with nothing to do too.
        var begun = 0
        var ended = 0
        /// When to stop (a `MonotonicClock` instant); nil while running.
        var end: UInt64?
        var isOver = false
        var failure: KafkaError?
    }

    /// Bytes of results that may wait: what a producer's own queue would hold.
    private static let limit = 16 << 20
    /// How long a rebalance waits for a transaction.
    private static let patience = Duration.seconds(3)
    /// From a transaction that failed to the next, at least.
    private static let failurePause = Duration.milliseconds(500)

    private let state = Monitor(State())
    private let tracker: CommitTracker
    private let consumer: Consumer
    private let interval: Duration
    private let onDelivered: @Sendable (Outcome) -> Void
    private let thread = Monitor<OSThread?>(nil)

    /// Registers the `transactional.id`, which ends the transaction of a process that had it before.
    ///
    /// - Parameters:
    ///   - interval: from the start of one transaction to the next, at least.
    ///   - timeout: how long the broker may take for the registration.
    ///   - onDelivered: called with each event that a transaction has committed.
    init(
        _ configuration: KafkaConfiguration, tracker: CommitTracker, consumer: Consumer, interval: Duration,
        timeout: Duration, logger: Logger, onDelivered: @escaping @Sendable (Outcome) -> Void
    ) throws {
        self.tracker = tracker
        self.consumer = consumer
        self.interval = interval
        self.onDelivered = onDelivered
        let state = self.state
        let transactor = try Transactor(configuration, consumer: consumer, timeout: timeout, logger: logger) {
            state.read { $0.end }
        }
        let thread = OSThread(name: "transactions") { [self] in
            run(transactor)
            transactor.close()
            state.update { $0.isOver = true }
        }
        self.thread.update { $0 = thread }
    }

    var failure: KafkaError? { state.read { $0.failure } }

    func waitForRoom() {
        _ = state.wait { $0.held.bytes < TransactionalDelivery.limit || $0.isOver || $0.end != nil ? true : nil }
    }

    func send(_ outcomes: [Outcome]) {
        let current = outcomes.filter { tracker.isCurrent($0.ticket) }
        state.update { state in
            for outcome in current { state.held.add(outcome) }
            state.hasNews = true
        }
        // Only once the result is here: a transaction must not begin with the offset alone.
        for outcome in current { tracker.finish(outcome.ticket) }
    }

    func tend() {}

    func release(_ partitions: [TopicPartition]) {
        let awaited = state.update { state -> Int in
            state.isUrgent = true
            return state.begun + 1
        }
        _ = state.wait(until: MonotonicClock.deadline(after: TransactionalDelivery.patience)) {
            $0.ended >= awaited || $0.isOver ? true : nil
        }
    }

    func drain(timeout: Duration) {
        state.update { state in
            state.end = MonotonicClock.deadline(after: timeout)
            state.isUrgent = true
        }
        let thread = thread.update { thread in
            defer { thread = nil }
            return thread
        }
        thread?.join()
    }

    func close() {
        drain(timeout: .zero)
    }

    // MARK: - The thread

    private func run(_ transactor: Transactor) {
        var next = MonotonicClock.now
        while pause(until: next) {
            next = MonotonicClock.deadline(after: interval)
            do {
                switch try transact(with: transactor) {
                case .done: if state.read({ $0.end }) != nil { return }
                case .more: break
                case .failed: next = MonotonicClock.deadline(after: max(interval, TransactionalDelivery.failurePause))
                }
            } catch {
                // What the end of the role has cut short is no failure.
                let isCut = error.isRetriable && isOver
                return state.update { $0.failure = isCut ? nil : error }
            }
        }
    }

    private var isOver: Bool { state.read { $0.end.map { $0 <= MonotonicClock.now } ?? false } }

    /// Waits until a transaction is due.
    ///
    /// - Parameter next: not before, unless it is urgent.
    /// - Returns: false where the time to end is over.
    private func pause(until next: UInt64) -> Bool {
        // What is skipped brings no news, so that looking now and then is needed, too.
        let look = MonotonicClock.deadline(after: max(interval, .milliseconds(100)))
        let end = state.read { $0.end } ?? .max
        _ = state.wait(until: min(next, end)) { $0.isUrgent ? true : nil }
        _ = state.wait(until: min(max(next, look), end)) { $0.isUrgent || $0.hasNews ? true : nil }
        state.update { state in
            state.begun += 1
            (state.hasNews, state.isUrgent) = (false, false)
        }
        return !isOver
    }

    /// What one turn of the thread brought.
    private enum Turn {
        /// Nothing is left to do.
        case done
        /// There may be more.
        case more
        /// It is to be tried again after a pause.
        case failed
    }

    /// Makes a transaction of what is complete.
    private func transact(with transactor: Transactor) throws(KafkaError) -> Turn {
        defer { state.update { $0.ended = $0.begun } }
        // Before the offsets are chosen: a member that is replaced in between is refused.
        guard let member = try? consumer.groupMetadata() else {
            // It has been cast out, or is joining. What it had is the others' now.
            return tracker.assigned.isEmpty ? .done : .failed
        }
        let offsets = tracker.takeCommittable()
        let outcomes = take(below: offsets)
        if !offsets.isEmpty {
            switch try transactor.run(outcomes, offsets, as: member) {
            case .committed:
                state.update { $0.held.settle(outcomes) }
                for outcome in outcomes { onDelivered(outcome) }
            case .aborted(let outcomes):
                state.update { state in
                    state.held.putBack(outcomes)
                    state.hasNews = true
                }
                tracker.restore(offsets)
                return .failed
            }
        }
        return tracker.unfinished == 0 && state.read { $0.held.isEmpty } ? .done : .more
    }

    /// Takes the results below these offsets, in order. Those of earlier assignments are in vain.
    private func take(below offsets: [TopicPartitionOffset]) -> [Outcome] {
        let assigned = tracker.assigned
        let taken = state.update { state in
            state.held.keep(assigned)
            return state.held.take(below: offsets)
        }
        let current = taken.map { tracker.isCurrent($0.ticket) }
        let stale = zip(taken, current).filter { !$1 }.map(\.0)
        if !stale.isEmpty { state.update { $0.held.settle(stale) } }
        return zip(taken, current).filter { $1 }.map(\.0)
    }
}
