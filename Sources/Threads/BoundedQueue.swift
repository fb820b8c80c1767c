/// A first-in first-out queue between threads that holds `capacity` elements at most, so memory stays flat:
/// a full queue makes the sender wait.
public final class BoundedQueue<Element: Sendable>: Sendable {
    @usableFromInline
    struct State {
        @usableFromInline var elements: [Element?]
        @usableFromInline var head = 0
        @usableFromInline var count = 0
        @usableFromInline var closed = false

        @usableFromInline
        init(capacity: Int) {
            elements = Array(repeating: nil, count: capacity)
        }

        @inlinable
        mutating func append(_ element: Element) {
            elements[(head + count) % elements.count] = element
            count += 1
        }

        @inlinable
        mutating func takeFirst() -> Element? {
            guard count > 0 else { return nil }
            let element = elements[head]
            elements[head] = nil
            head = (head + 1) % elements.count
            count -= 1
            return element
        }
    }

    @usableFromInline let monitor: Monitor<State>

    /// How many elements the queue holds at most.
    public let capacity: Int

    /// - Parameter capacity: at least 1.
    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        monitor = Monitor(State(capacity: capacity))
    }

    /// How many elements wait.
    @inlinable public var count: Int { monitor.read { $0.count } }

    /// Whether `close()` was called.
    @inlinable public var isClosed: Bool { monitor.read { $0.closed } }

    /// Adds an element, waiting for room.
    ///
    /// - Parameter deadline: a `MonotonicClock` instant; nil waits for ever.
    /// - Returns: false where the queue was closed or no room came in time; the element was not added then.
    @discardableResult @inlinable
    public func push(_ element: Element, until deadline: UInt64? = nil) -> Bool {
        monitor.wait(until: deadline) { state -> Bool? in
            if state.closed { return false }
            guard state.count < state.elements.count else { return nil }
            state.append(element)
            return true
        } ?? false
    }

    /// Takes the oldest element, waiting for one.
    ///
    /// - Parameter deadline: a `MonotonicClock` instant; nil waits for ever.
    /// - Returns: nil once the queue is closed and empty, or where none came in time (`isClosed` tells which).
    @inlinable
    public func pop(until deadline: UInt64? = nil) -> Element? {
        monitor.wait(until: deadline) { state -> Element?? in
            if let element = state.takeFirst() { return .some(element) }
            return state.closed ? .some(nil) : nil
        } ?? nil
    }

    /// Takes up to `maximum` elements that are there now, without waiting.
    @inlinable
    public func popAvailable(_ maximum: Int) -> [Element] {
        monitor.update { state in
            var taken: [Element] = []
            while taken.count < maximum, let element = state.takeFirst() { taken.append(element) }
            return taken
        }
    }

    /// No more is accepted; what waits can still be taken. Wakes everybody who waits.
    public func close() {
        monitor.update { $0.closed = true }
    }
}
