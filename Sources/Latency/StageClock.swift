/// What the stages of a curve's images say of infer's clock, where it differs from produce's.
public struct StageClock: Sendable, Equatable {
    /// What was done about it.
    public enum Treatment: Sendable, Equatable {
        /// Each image's offset was subtracted.
        case takenOff
        /// Nothing: it moved by more than the stages take, so no offset is right for all images.
        case moved
        /// Nothing: that takes a second look at the files, and one of them can be read only once.
        case readOnce
    }

    /// What was done about it.
    public let treatment: Treatment
    /// The least offset of all partitions: nanoseconds by which infer's clock was ahead.
    public let least: Int64
    /// The greatest one.
    public let greatest: Int64
    /// How far each may be from the truth, in nanoseconds.
    public let uncertainty: Int64
    /// Whether one of them contradicted itself: the clock was set, or drifts.
    let hasMoved: Bool

    /// - Parameter canReadTwice: whether the files can be read once more.
    /// - Returns: nil where by each estimate the clocks can be the same, as no image has a negative stage.
    init?(_ estimates: [ClockOffset.Estimate], canReadTwice: Bool) {
        guard estimates.contains(where: \.showsNegativeStages) else { return nil }
        treatment =
            estimates.contains(where: \.isTooUncertain) ? .moved : (canReadTwice ? .takenOff : .readOnce)
        least = estimates.map(\.offset).min()!
        greatest = estimates.map(\.offset).max()!
        uncertainty = estimates.map(\.uncertainty).max()!
        hasMoved = estimates.contains { $0.changes > 0 }
    }

    /// One sentence for people, without its full stop.
    public var note: String {
        switch treatment {
        case .takenOff: "\(offset): taken off"
        case .moved:
            "infer's clock moved meanwhile, by about \(Quantity.duration(2 * uncertainty)): "
                + "it cannot be taken off"
        case .readOnce: "\(offset): not taken off, as that takes files that can be read twice"
        }
    }

    private var offset: String {
        let range = "± \(Quantity.duration(uncertainty))\(hasMoved ? ", it moved meanwhile" : "")"
        // Offsets are 2^60 at most: nothing overflows. Those closer to each other than they are known may be one.
        let spread = greatest - least
        guard spread > 2 * uncertainty else {
            return "infer's clock was \(StageClock.text(least + spread / 2)) (\(range))"
        }
        return "infer's clocks were \(StageClock.text(least)) to \(StageClock.text(greatest)) (\(range)), by partition"
    }

    private static func text(_ offset: Int64) -> String {
        offset < 0 ? "\(Quantity.duration(0 - offset)) behind" : "\(Quantity.duration(offset)) ahead"
    }
}
