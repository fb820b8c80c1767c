/// Why a run is no steady state: its images came faster than they were served.
///
/// A run is overloaded where one of these holds:
///
/// 1. **Less than 98 % of the offered images were served**: answered ÷ (images − dead-lettered) < 0.98. A dead-lettered
///    image was dealt with, only not answered; it says nothing about capacity.
/// 2. **The backlog grows.** Latency counts from the planned instant, so a queue that grows makes latency climb with
///    planned time. With λ images/s offered and μ served, an image planned at t waits t·(λ/μ − 1): the slope is
///    λ/μ − 1, and μ < 0.98 λ means a slope above 1/0.98 − 1 = 0.0204 seconds per second. The slope is Theil and Sen's
///    (the median over all pairs) of the mean latencies of up to 48 equal slices of the planned time, which a stall,
///    a restart or a slow start does not move while it lasts less than about a quarter of the run. It counts only
///    where the climb is no accident: Kendall's rank test says so (z > 3), and the climb over the whole run is more
///    than 4 times the spread of the slices around it (median absolute deviation) and more than a quarter of the
///    lowest slice. And images must really have piled up: when the last image was planned, more were in flight than
///    the lowest slice's latency explains (Little's law, which says something where the run outlasts that latency).
///
/// Fewer than 20 answered images or 8 slices tell nothing about growth.
public struct Overload: Sendable, Equatable {
    /// The share of the offered images below which a run counts as overloaded.
    public static let servedShare = 0.98

    /// Whether less than 98 % of the offered images were answered.
    public let servedTooFew: Bool

    /// Whether the backlog grew over the run.
    public let backlogGrows: Bool

    /// Seconds of latency gained per second of planned time; 0 where it cannot be told.
    public let slope: Double

    /// Seconds from the first planned instant to the end of the last slice that was still fine: at least 98 % answered,
    /// and in less than twice the mean latency of the fastest slice. 0 where none was; nil where the last was.
    public let timeToBacklog: Double?

    /// Whether growth could be judged: it takes each image's instants, which a histogram log has not.
    public let seesGrowth: Bool

    /// Whether the run is overloaded; where `isUnknown`, this is false.
    public var isOverloaded: Bool { servedTooFew || backlogGrows }

    /// Whether it cannot be told.
    public var isUnknown: Bool { !isOverloaded && !seesGrowth }

    /// How bad it is: 2 overloaded, 1 unknown, 0 steady.
    var rank: Int { isOverloaded ? 2 : (isUnknown ? 1 : 0) }

    /// What is known of a run of which the counts are known, but no instants.
    init(answered: Int, offered: Int) {
        servedTooFew = Double(answered) < Overload.servedShare * Double(offered)
        seesGrowth = false
        backlogGrows = false
        slope = 0
        timeToBacklog = nil
    }

    /// Judges a run.
    ///
    /// - Parameters:
    ///   - planned: its images by planned instant, with their latencies where answered; dead-lettered ones left out.
    ///   - inFlight: images in flight when the last was planned.
    init(planned: TimeBins, inFlight: Double) {
        let offered = planned.bins.reduce(0) { $0 + $1.count }
        let answered = planned.bins.reduce(0) { $0 + $1.valued }
        servedTooFew = Double(answered) < Overload.servedShare * Double(offered)
        seesGrowth = true

        let slices = planned.slices(min(48, max(8, answered / 5)))
        let seconds = Double(planned.width) * Double(planned.bins.count) / 1e9 / Double(max(1, slices.count))
        let means = slices.enumerated().compactMap { index, slice in
            slice.valued == 0 ? nil : (x: Double(index), y: slice.sum / Double(slice.valued) / 1e9)
        }
        let lowest = means.map(\.y).min() ?? 0
        if answered >= 20, means.count >= 8 {
            let trend = Trend(means)
            let climb = trend.slope * (means.last!.x - means.first!.x)
            let duration = seconds * Double(slices.count)
            let rate = Double(offered) / duration
            slope = trend.slope / seconds
            backlogGrows =
                slope > 1 / Overload.servedShare - 1 && trend.significance > 3
                && climb > 4 * trend.spread && climb > lowest / 4
                && (lowest >= duration || inFlight > rate * lowest + 1)
        } else {
            slope = 0
            backlogGrows = false
        }

        let lastFine = slices.lastIndex { slice in
            guard slice.valued > 0 else { return false }
            return Double(slice.valued) >= Overload.servedShare * Double(slice.count)
                && slice.sum / Double(slice.valued) / 1e9 <= 2 * lowest
        }
        if !(servedTooFew || backlogGrows) || lastFine == slices.count - 1 {
            timeToBacklog = nil
        } else {
            timeToBacklog = Double((lastFine ?? -1) + 1) * seconds
        }
    }
}

/// A robust straight line through points (Theil 1950, Sen 1968), and whether it is more than an accident.
private struct Trend {
    /// The median slope over all pairs of points.
    let slope: Double
    /// Kendall's S in units of its standard deviation: above 3, a chance below 0.2 % with independent points.
    let significance: Double
    /// The median absolute deviation from the line.
    let spread: Double

    init(_ points: [(x: Double, y: Double)]) {
        var slopes: [Double] = []
        var sign = 0
        for (index, first) in points.enumerated() {
            for second in points[(index + 1)...] {
                slopes.append((second.y - first.y) / (second.x - first.x))
                sign += second.y > first.y ? 1 : (second.y < first.y ? -1 : 0)
            }
        }
        let middle = Trend.median(slopes)
        slope = middle
        let count = Double(points.count)
        significance = Double(sign) / (count * (count - 1) * (2 * count + 5) / 18).squareRoot()
        let rests = points.map { $0.y - middle * $0.x }
        let level = Trend.median(rests)
        spread = Trend.median(rests.map { abs($0 - level) })
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
