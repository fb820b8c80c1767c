/// How often a value fell below each of a few fixed bounds, and the sum of all values, as Prometheus wants it. Observing
/// takes no lock. For exact percentiles there is Latency's histogram.
public final class BucketHistogram: Sendable {
    /// Bounds for durations in seconds: 1 ms to 30 s.
    public static let seconds: [Double] = [
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30,
    ]

    /// The upper bounds, each within its bucket.
    public let bounds: [Double]
    /// One more than the bounds: the last holds what is above them all.
    private let counts: [Counter]
    private let sum = Gauge()

    init(bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds must rise")
        self.bounds = bounds
        counts = (0...bounds.count).map { _ in Counter() }
    }

    /// Counts a value.
    public func observe(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count].add()
        sum.add(value)
    }

    /// How many values lie in each bound and those below it, at last in all, and the sum of the values.
    var snapshot: (cumulative: [UInt64], sum: Double) {
        var total: UInt64 = 0
        let cumulative = counts.map { count in
            total += count.value
            return total
        }
        return (cumulative, sum.value)
    }
}
