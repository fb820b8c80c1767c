import Threads

/// Gathers single items into batches: a batch is full at `maximumBatch` items, and is handed out sooner where its oldest
/// item has waited `maximumDelay`, as Triton's dynamic batcher does.
///
/// Any number of threads may add, and any number may take. What is offered has room of its own and goes ahead of what is
/// pushed, so that it need not queue behind a backlog; of a batch it leaves every second place to the others.
public final class Batcher<Item: Sendable>: Sendable {
    private struct Waiting {
        let item: Item
        let due: UInt64
    }

    private struct State {
        /// What was pushed.
        var waiting: [Waiting] = []
        /// What was offered.
        var offered: [Waiting] = []
        /// Whether the odd place of the next batch that both want is for what was offered.
        var offeredIsNext = true
        var closed = false

        var count: Int { waiting.count + offered.count }
        var due: UInt64? { [waiting.first?.due, offered.first?.due].compactMap { $0 }.min() }
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

    /// Items that may wait before `push` waits, too; and as many that were offered.
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
    public var count: Int { monitor.read { $0.count } }

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

    /// Adds items that somebody waits for: all of them or none, without waiting.
    ///
    /// - Returns: false where there is no room for all of them, or the batcher was closed.
    public func offer(_ items: [Item]) -> Bool {
        monitor.update { state in
            guard !state.closed, items.count <= capacity - state.offered.count else { return false }
            let due = MonotonicClock.deadline(after: maximumDelay)
            state.offered += items.map { Waiting(item: $0, due: due) }
            return true
        }
    }

    /// Takes the next batch, waiting for it to be full or due.
    ///
    /// - Returns: 1 to `maximumBatch` items, those that were offered first, each kind oldest first; nil once the batcher is closed and empty.
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
        guard let oldest = state.due else {
            if state.closed { return .finished }
            // Another taker was faster: wait for items, not for an instant that concerns nobody.
            return nil
        }
        if state.count >= maximumBatch || state.closed || oldest <= MonotonicClock.now {
            return .batch(take(from: &state))
        }
        return oldest == due ? nil : .pause(oldest)
    }

    private func take(from state: inout State) -> [Item] {
        var places = maximumBatch / 2
        if maximumBatch % 2 == 1 {
            if state.offeredIsNext { places += 1 }
            if !state.offered.isEmpty, !state.waiting.isEmpty { state.offeredIsNext.toggle() }
        }
        // Places that the others do not need are free.
        let offered = state.offered.prefix(max(places, maximumBatch - state.waiting.count))
        let pushed = state.waiting.prefix(maximumBatch - offered.count)
        state.offered.removeFirst(offered.count)
        state.waiting.removeFirst(pushed.count)
        return (offered + pushed).map(\.item)
    }
}
