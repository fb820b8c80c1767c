import Glibc
import Images

/// How the planned instants of a producer follow one another.
public enum Arrival: String, CaseIterable, Sendable {
    /// Evenly spaced.
    case constant
    /// Independent of one another, with exponentially distributed gaps: what many devices together look like.
    case poisson
}

/// The planned instants of an open loop: fixed before anything is sent, so that a stalled sender shows as latency.
struct ArrivalSchedule {
    private let rate: Double
    private let arrival: Arrival
    private var generator: SplitMix64
    private var count = 0.0
    private var instant = 0.0

    /// - Parameters:
    ///   - rate: images a second, greater than zero.
    ///   - seed: the same seed gives the same gaps.
    init(rate: Double, arrival: Arrival, seed: UInt64) {
        self.rate = rate
        self.arrival = arrival
        generator = SplitMix64(seed: seed)
    }

    /// The next planned instant, in nanoseconds after the start. The first is 0 for constant arrivals.
    mutating func next() -> UInt64 {
        switch arrival {
        case .constant:
            // Multiplied, not summed up: no error grows with the images.
            defer { count += 1 }
            return ArrivalSchedule.whole(count * 1e9 / rate)
        case .poisson:
            // Inverse transform sampling of the exponential distribution; 1 - u is never 0.
            instant -= log(1 - Double.random(in: 0..<1, using: &generator)) * 1e9 / rate
            return ArrivalSchedule.whole(instant)
        }
    }

    /// Whole nanoseconds, at most 292 years: beyond that an image is never due.
    private static func whole(_ instant: Double) -> UInt64 { UInt64(min(instant, 9.2e18)) }
}
