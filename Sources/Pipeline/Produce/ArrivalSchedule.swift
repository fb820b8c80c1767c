import Glibc
import Images
import Threads

/// How the planned instants of a producer follow one another.
public enum Arrival: String, CaseIterable, Sendable {
    /// Evenly spaced.
    case constant
    /// Independent of one another, with exponentially distributed gaps: what many devices together look like.
    case poisson
}

/// The planned instants of an open loop: fixed before anything is sent, so that a stalled sender shows as latency.
///
/// Image k is due when the integral of the rate has reached k: evenly spaced images where the rate is constant. For a
/// Poisson process the integral advances by exponential steps of mean 1 (time rescaling: Çinlar, Introduction to
/// Stochastic Processes, 1975, ch. 4.7).
struct ArrivalSchedule {
    /// Images a second before and after the ramp.
    private let (first, last): (Double, Double)
    /// When the ramp begins and ends, in seconds; both infinite without one.
    private let (rampStart, rampEnd): (Double, Double)
    /// The integral of the rate until then.
    private let (integralAtStart, integralAtEnd): (Double, Double)
    private let arrival: Arrival
    private var generator: SplitMix64
    /// The integral of the rate until the next instant; for constant arrivals the number of the image.
    private var integral = 0.0

    /// - Parameters:
    ///   - rate: images a second, greater than zero.
    ///   - ramp: the rate that is reached evenly, and how long that takes; nil keeps `rate`.
    ///   - warmUp: how long `rate` stays before the ramp begins.
    ///   - seed: the same seed gives the same gaps.
    init(
        rate: Double, ramp: (rate: Double, duration: Duration)? = nil, warmUp: Duration = .zero, arrival: Arrival,
        seed: UInt64
    ) {
        let length = ramp?.duration.inSeconds ?? 0
        (first, last) = (rate, ramp?.rate ?? rate)
        rampStart = last == first ? .infinity : warmUp.inSeconds
        rampEnd = rampStart + length
        integralAtStart = first * rampStart
        integralAtEnd = integralAtStart + (first + last) / 2 * length
        self.arrival = arrival
        generator = SplitMix64(seed: seed)
    }

    /// The next planned instant, in nanoseconds after the start. The first is 0 for constant arrivals.
    mutating func next() -> UInt64 {
        switch arrival {
        case .constant:
            // Counted, not summed up: no error grows with the images.
            defer { integral += 1 }
            return instant(whenIntegralIs: integral)
        case .poisson:
            // Inverse transform sampling of the exponential distribution; 1 - u is never 0.
            integral -= log(1 - Double.random(in: 0..<1, using: &generator))
            return instant(whenIntegralIs: integral)
        }
    }

    private func instant(whenIntegralIs count: Double) -> UInt64 {
        if count <= integralAtStart { return ArrivalSchedule.whole(count * 1e9 / first) }
        if count >= integralAtEnd { return ArrivalSchedule.whole(rampEnd * 1e9 + (count - integralAtEnd) * 1e9 / last) }
        // count = first·t + slope/2·t², solved without the difference of two numbers that are nearly equal.
        let slope = (last - first) / (rampEnd - rampStart)
        let rest = count - integralAtStart
        let root = max(0, first * first + 2 * slope * rest).squareRoot()
        return ArrivalSchedule.whole((rampStart + 2 * rest / (first + root)) * 1e9)
    }

    /// Whole nanoseconds, at most 292 years: beyond that an image is never due.
    private static func whole(_ instant: Double) -> UInt64 { UInt64(min(instant, 9.2e18)) }
}
