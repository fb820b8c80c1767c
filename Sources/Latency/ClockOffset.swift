/// The clock of the host that classifies, less the clock of the producer, from the round trips of images.
///
/// An image is sent at t0 and its result read at t3 by the producer's clock; it is received at t1 and classified at t2 by
/// the other. Nothing arrives before it is sent, so the offset is at most t1 - t0 and at least t2 - t3: one reading of a
/// remote clock, wrong by half the round trip at most, however unlike the two ways are (F. Cristian, Probabilistic clock
/// synchronization, Distributed Computing 3, 1989). All images speak of the same clock, so the offset lies in the
/// intersection of what they say (K. Marzullo, 1984; RFC 5905, section 11.2.1), which the quickest way out and the
/// quickest way back bound: slow images do no harm.
///
/// Where the intersection is empty the clock was set or drifts. A window of images that agree ends there, and a new one
/// begins. From then on the estimate is the range of all windows: one number is to correct all rows of a run, and that of
/// the latest window, or of the narrowest, would be wrong for the others. Drift narrows a window to nothing before it
/// ends, which says too much; so each window counts as widely as the quickest round trip in it.
public struct ClockOffset: Sendable {
    /// What the images say so far.
    public struct Estimate: Sendable, Equatable {
        /// The offset is at least that, in nanoseconds.
        public let lower: Int64
        /// The offset is at most that, in nanoseconds.
        public let upper: Int64
        /// How many images it comes from.
        public let images: Int
        /// How often an image contradicted those before: the clock was set, or drifts.
        public let changes: Int
        /// Mean nanoseconds from sent to received, by the middle of the estimate.
        public let outward: Double
        /// Mean nanoseconds from classified to read, by the middle of the estimate.
        public let homeward: Double

        /// The other clock less the producer's, in nanoseconds: the middle between the bounds.
        public var offset: Int64 { lower + (upper - lower) / 2 }

        /// How far the offset may be from the middle, in nanoseconds.
        public var uncertainty: Int64 { (upper - lower + 1) / 2 }

        /// Whether stamps of the other clock, as they are, say nothing of a stage that lies between the two clocks: the
        /// offset is larger than the stage takes.
        public var hidesStages: Bool { abs(middle) > min(outward, homeward) }

        /// Whether they say nothing of it even with the offset subtracted. The clock has moved then: the bounds of one that
        /// has not are never further apart than both ways take.
        public var isTooUncertain: Bool { changes > 0 && Double(uncertainty) > min(outward, homeward) }

        /// Whether some image has a negative duration by the clocks as they are. Equal clocks satisfy every image that has
        /// none, and so neither contradict each other nor lie outside the bounds. Where it is false, `hidesStages` is, too.
        var showsNegativeStages: Bool { changes > 0 || lower > 0 || upper < 0 }

        var middle: Double { Double(lower) / 2 + Double(upper) / 2 }
    }

    private struct Window {
        var lower: Int64
        var upper: Int64
        /// The width of the bounds that its quickest round trip gives.
        var width: Int64

        /// The bounds, at least as far apart as in the quickest round trip.
        var widened: ClosedRange<Int64> { upper - width...lower + width }
    }

    /// 36 years: beyond that differences could overflow.
    private static let limit: Int64 = 1 << 60

    private var window: Window?
    /// The range of the windows before.
    private var past: ClosedRange<Int64>?
    private var images = 0
    private var changes = 0
    private var (outwardSum, homewardSum) = (0.0, 0.0)

    /// No image yet.
    public init() {}

    /// Adds an image that was answered, in the order in which the answers came. All in nanoseconds since it was planned,
    /// `received` and `inferred` by the other clock.
    public mutating func add(sent: Int64, received: Int64, inferred: Int64, result: Int64) {
        let upper = ClockOffset.difference(received, sent)
        let lower = ClockOffset.difference(inferred, result)
        images += 1
        outwardSum += Double(upper)
        homewardSum -= Double(lower)
        guard lower <= upper else {
            // The clock was set while it was classified.
            changes += 1
            return
        }
        let next = Window(lower: lower, upper: upper, width: upper - lower)
        guard let window else {
            self.window = next
            return
        }
        let both = Window(
            lower: max(window.lower, lower), upper: min(window.upper, upper), width: min(window.width, next.width))
        if both.lower <= both.upper {
            self.window = both
        } else {
            changes += 1
            past = ClockOffset.span(past, window.widened)
            self.window = next
        }
    }

    /// What the images say; nil without one that can be right.
    public var estimate: Estimate? {
        guard let window else { return nil }
        let range = changes == 0 ? window.lower...window.upper : ClockOffset.span(past, window.widened)
        let middle = Double(range.lowerBound) / 2 + Double(range.upperBound) / 2
        return Estimate(
            lower: range.lowerBound, upper: range.upperBound, images: images, changes: changes,
            outward: outwardSum / Double(images) - middle, homeward: homewardSum / Double(images) + middle)
    }

    private static func span(_ first: ClosedRange<Int64>?, _ second: ClosedRange<Int64>) -> ClosedRange<Int64> {
        guard let first else { return second }
        return min(first.lowerBound, second.lowerBound)...max(first.upperBound, second.upperBound)
    }

    private static func difference(_ left: Int64, _ right: Int64) -> Int64 {
        let (difference, overflow) = left.subtractingReportingOverflow(right)
        return overflow ? (left < right ? -limit : limit) : min(max(difference, -limit), limit)
    }
}
