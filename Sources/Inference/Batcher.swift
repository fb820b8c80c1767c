import Threads

/// Gathers single items into batches: a batch is full at `maximumBatch` items, and is handed out sooner where its oldest
/// item has waited `maximumDelay`, as Triton's dynamic batcher does.
///
/// Any number of threads may add, and any number may take.
public final class Batcher<Item: Sendable>: Sendable {
    private struct Waiting {
        let item: Item
        let due: UInt64
    }

    private struct State {
        var waiting: [Waiting] = []
        var closed = false
    }

    private enum Step {
        case batch([Item])
        case finished
        /// Somebody has to wait until this instant.
        case pause(UInt64)
    }

    private let monitor = Monitor(State())

    /// Items in a batch, at most.
    public let maximumBatch: Int

    /// How long an item waits for others, at most.
    public let maximumDelay: Duration

    /// Items that may wait before `push` waits, too.
    public let capacity: Int

    /// - Parameters:
    ///   - maximumBatch: at least 1.
    ///   - maximumDelay: zero hands out whatever is there.
    ///   - capacity: at least `maximumBatch`; nil takes four batches.
    public init(maximumBatch: Int, maximumDelay: Duration, capacity: Int? = nil) {
        precondition(maximumBatch > 0)
        self.maximumBatch = maximumBatch
        self.maximumDelay = max(.zero, maximumDelay)
        self.capacity = max(maximumBatch, capacity ?? 4 * maximumBatch)
    }

    /// How many items wait.
    public var count: Int { monitor.read { $0.waiting.count } }

    /// Adds an item, waiting for room.
    ///
    /// - Parameter deadline: a `MonotonicClock` instant; nil waits for ever.
    /// - Returns: false where the batcher was closed or no room came in time; the item was not added then.
    @discardableResult
    public func push(_ item: Item, until deadline: UInt64? = nil) -> Bool {
        monitor.wait(until: deadline) { state -> Bool? in
            if state.closed { return false }
            guard state.waiting.count < capacity else { return nil }
            state.waiting.append(Waiting(item: item, due: MonotonicClock.deadline(after: maximumDelay)))
            return true
        } ?? false
    }

    /// Takes the next batch, waiting for it to be full or due.
    ///
    /// - Returns: 1 to `maximumBatch` items, the oldest first; nil once the batcher is closed and empty.
    public func next() -> [Item]? {
        var due: UInt64?
        while true {
            switch monitor.wait(until: due, for: { step(&$0, waitingFor: due) }) {
            case .batch(let items): return items
            case .finished: return nil
            case .pause(let instant): due = instant
            case nil: due = nil
            }
        }
    }

    /// No more is accepted; what waits is handed out at once.
    public func close() {
        monitor.update { $0.closed = true }
    }

    /// What a taker is to do; nil where it is to go on waiting as it does.
    private func step(_ state: inout State, waitingFor due: UInt64?) -> Step? {
        guard let oldest = state.waiting.first else {
            if state.closed { return .finished }
            // Another taker was faster: wait for items, not for an instant that concerns nobody.
            return nil
        }
        if state.waiting.count >= maximumBatch || state.closed || oldest.due <= MonotonicClock.now {
            let batch = state.waiting.prefix(maximumBatch).map(\.item)
            state.waiting.removeFirst(batch.count)
            return .batch(batch)
        }
        return oldest.due == due ? nil : .pause(oldest.due)
    }
}
