/// The clock offsets of a run by partition: one process classifies a partition at a time, and each may be on another host.
public struct ClockOffsets: Sendable {
    private var partitions: [Int32: ClockOffset] = [:]

    /// No image yet.
    public init() {}

    /// Adds an image of a partition, as `ClockOffset.add` does.
    public mutating func add(partition: Int32, sent: Int64, received: Int64, inferred: Int64, result: Int64) {
        partitions[partition, default: ClockOffset()]
            .add(sent: sent, received: received, inferred: inferred, result: result)
    }

    /// Adds an image; nothing happens where it was not answered, or a stamp is missing.
    public mutating func add(_ record: LatencyRecord) {
        guard record.outcome == .ok, let partition = record.partition, let sent = record.sent,
            let received = record.received, let inferred = record.inferred, let result = record.result
        else { return }
        add(partition: partition, sent: sent, received: received, inferred: inferred, result: result)
    }

    /// What a partition's images say; nil where there were none.
    public subscript(partition: Int32) -> ClockOffset.Estimate? { partitions[partition]?.estimate }

    /// What each partition's images say, for those that say something.
    var byPartition: [Int32: ClockOffset.Estimate] { partitions.compactMapValues(\.estimate) }

    /// What each partition's images say, in the order of the offsets.
    public var estimates: [ClockOffset.Estimate] {
        byPartition.values.sorted { ($0.offset, $0.upper) < ($1.offset, $1.upper) }
    }

    /// One offset that all partitions agree on; nil where they do not, or where a clock has moved.
    ///
    /// That two clocks differ by less than the uncertainty is taken for one clock.
    public var common: ClockOffset.Estimate? {
        let estimates = estimates
        guard let lower = estimates.map(\.lower).max(), let upper = estimates.map(\.upper).min(), lower <= upper,
            estimates.allSatisfy({ $0.changes == 0 })
        else { return nil }
        let images = estimates.reduce(0) { $0 + $1.images }
        let middle = Double(lower) / 2 + Double(upper) / 2
        func mean(_ stage: (ClockOffset.Estimate) -> Double) -> Double {
            estimates.reduce(0) { $0 + stage($1) * Double($1.images) } / Double(images)
        }
        return ClockOffset.Estimate(
            lower: lower, upper: upper, images: images, changes: 0,
            outward: mean { $0.outward + $0.middle } - middle,
            homeward: mean { $0.homeward - $0.middle } + middle)
    }
}
