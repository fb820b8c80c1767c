import Synchronization

/// A number that only grows: how often something happened. Adding takes no lock.
public final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    init() {}

    /// How much was added so far.
    public var value: UInt64 { count.load(ordering: .relaxed) }

    /// Adds to the count; add once per batch rather than once per message.
    ///
    /// - Parameter amount: not negative.
    public func add(_ amount: Int = 1) {
        count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }
}
