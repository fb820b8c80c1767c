import Events
import Foundation

@testable import Latency

/// Made-up measurements, the same on every run.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func uniform() -> Double { Double(next() >> 11) / Double(1 << 53) }

    mutating func normal() -> Double {
        (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
    }

    mutating func exponential() -> Double { -log(1 - uniform()) }
}

enum Synthetic {
    static let epoch: Int64 = 1_800_000_000_000_000_000

    /// A run whose latencies are lognormal and have no trend.
    ///
    /// - Parameters:
    ///   - rate: images planned per second, all producers together, in a Poisson process.
    ///   - median: nanoseconds.
    ///   - timeouts: the share of images that are never answered.
    static func steady(
        producers: Int = 1, run: String = "r", images: Int = 2000, rate: Double = 100, median: Double,
        sigma: Double = 0.35,
        timeouts: Double = 0, seed: UInt64 = 1
    ) -> LatencyCollector {
        var random = SplitMix64(state: seed)
        var collector = LatencyCollector(run: run, producers: producers)
        var time = 0.0
        for _ in 0..<images {
            time += random.exponential() / rate
            let latency = Int64(median * exp(sigma * random.normal()))
            let isLost = random.uniform() < timeouts
            collector.add(
                planned: epoch + Int64(time * 1e9), sent: Int64(random.exponential() * 60_000),
                result: isLost ? nil : latency, outcome: isLost ? .timedOut : .ok)
        }
        return collector
    }

    /// Records of a steady run with all instants.
    ///
    /// - Parameters:
    ///   - clock: nanoseconds by which the classifier's clock is ahead of the producer's.
    ///   - median: nanoseconds, of the inference.
    static func records(
        _ images: Int, producers: Int = 2, run: String = "r", clock: Int64 = 0, median: Double = 2e7, seed: UInt64 = 1
    ) -> [LatencyRecord] {
        var random = SplitMix64(state: seed)
        return (0..<images).map { index in
            var record = LatencyCSVTests.full
            record.run = run
            record.producers = producers
            record.producer = "p\(index % producers)"
            record.planned = Timestamp(nanoseconds: epoch + Int64(index) * 10_000_000)
            let sent = Int64(random.exponential() * 60_000)
            let received = sent + Int64(1e6 + 4e6 * random.exponential()) + clock
            let decoded = received + Int64(3e5 + 1e5 * random.uniform())
            let inferred = decoded + Int64(median * exp(0.3 * random.normal()))
            (record.sent, record.received, record.decoded, record.inferred) = (sent, received, decoded, inferred)
            record.result = inferred - clock + Int64(8e5 + 1e6 * random.exponential())
            return record
        }
    }

    /// A run of such records.
    static func staged(
        images: Int, producers: Int = 2, run: String = "r", clock: Int64 = 0, median: Double = 2e7, seed: UInt64 = 1
    ) -> LatencyCollector {
        var collector = LatencyCollector(run: run, producers: producers)
        for record in records(
            images, producers: producers, run: run, clock: clock, median: median, seed: seed)
        {
            collector.note(producer: Array(record.producer.utf8))
            collector.add(record)
        }
        return collector
    }

    /// A run through one queue: images come at `rate` and each takes 1/`capacity` seconds, plus a constant.
    ///
    /// - Parameters:
    ///   - stall: seconds from the start and to the end of a pause of the server.
    ///   - timeout: seconds after which an image counts as unanswered.
    static func queue(
        producers: Int = 1, run: String = "r", images: Int, rate: Double, capacity: Double, poisson: Bool = true,
        constant: Double = 0.005, stall: ClosedRange<Double>? = nil, timeout: Double = 30, seed: UInt64 = 1
    ) -> LatencyCollector {
        var random = SplitMix64(state: seed)
        var collector = LatencyCollector(run: run, producers: producers)
        var time = 0.0
        var free = 0.0
        for _ in 0..<images {
            time += (poisson ? random.exponential() : 1) / rate
            var start = max(time, free)
            if let stall, stall.contains(start) { start = stall.upperBound }
            free = start + 1 / capacity
            let latency = free - time + constant * (0.9 + 0.2 * random.uniform())
            collector.add(
                planned: epoch + Int64(time * 1e9), sent: 20_000,
                result: latency < timeout ? Int64(latency * 1e9) : nil,
                outcome: latency < timeout ? .ok : .timedOut)
        }
        return collector
    }
}

/// The error that `body` throws; nil where it throws none, or another kind.
func caught<Result>(_ body: () throws -> Result) -> LatencyError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? LatencyError
    }
}
