import Synchronization

/// A number that goes up and down: how much there is now. Changing it takes no lock.
public final class Gauge: Sendable {
    /// The bit pattern of a `Double`.
    private let bits = Atomic<UInt64>(0)

    init() {}

    /// The present value.
    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    /// Replaces the value.
    public func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds to the value; takes away where negative.
    public func add(_ amount: Double) {
        var present = bits.load(ordering: .relaxed)
        var exchanged = false
        while !exchanged {
            (exchanged, present) = bits.weakCompareExchange(
                expected: present, desired: (Double(bitPattern: present) + amount).bitPattern, ordering: .relaxed)
        }
    }
}
