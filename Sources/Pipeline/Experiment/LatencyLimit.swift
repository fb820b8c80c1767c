import Latency

/// A limit to a percentile of the end-to-end latency, such as p99=250ms.
public struct LatencyLimit: Sendable, Codable, Equatable {
    /// The percentiles that may have one.
    public static let names = ["p50", "p90", "p95", "p99"]

    /// One of `names`.
    public let percentile: String
    /// Nanoseconds.
    public let nanoseconds: Int64

    /// - Parameter percentile: one of `names`.
    public init(percentile: String, nanoseconds: Int64) {
        precondition(LatencyLimit.names.contains(percentile))
        self.percentile = percentile
        self.nanoseconds = nanoseconds
    }

    /// As it is read, for instance `p99 ≤ 250 ms`.
    var text: String { "\(percentile) ≤ \(Quantity.duration(nanoseconds))" }

    /// The percentile of a run; nil where it lies among the images without an answer.
    func value(in summary: LatencySummary) -> Int64? {
        summary.percentiles.first { $0.name == percentile }?.value
    }

    /// Whether a run is no overload and keeps the limit.
    func isKept(by summary: LatencySummary) -> Bool {
        guard !summary.isOverloaded, let value = value(in: summary) else { return false }
        return value <= nanoseconds
    }
}
