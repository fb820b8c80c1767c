import Testing

@testable import Pipeline

@Suite struct ArrivalScheduleTests {
    private func instants(_ count: Int, rate: Double, _ arrival: Arrival, seed: UInt64 = 1) -> [UInt64] {
        var schedule = ArrivalSchedule(rate: rate, arrival: arrival, seed: seed)
        return (0..<count).map { _ in schedule.next() }
    }

    @Test func constantArrivalsAreEvenlySpacedFromZero() {
        #expect(instants(4, rate: 20, .constant) == [0, 50_000_000, 100_000_000, 150_000_000])
    }

    /// A third of a second has no exact form: a sum of thirds would drift.
    @Test func constantArrivalsDoNotDrift() {
        let planned = instants(3_000_001, rate: 3, .constant)
        #expect(planned[3] == 1_000_000_000)
        #expect(planned[3_000_000] == 1_000_000 * 1_000_000_000)
        #expect(planned[1] == 333_333_333 && planned[2] == 666_666_666)
    }

    @Test func seedIsOfNoMatterToConstantArrivals() {
        #expect(instants(100, rate: 7, .constant, seed: 1) == instants(100, rate: 7, .constant, seed: 2))
    }

    @Test func sameSeedGivesTheSamePoissonArrivals() {
        #expect(instants(1_000, rate: 50, .poisson, seed: 3) == instants(1_000, rate: 50, .poisson, seed: 3))
        #expect(instants(1_000, rate: 50, .poisson, seed: 3) != instants(1_000, rate: 50, .poisson, seed: 4))
    }

    /// Of 100,000 exponential gaps the mean is within 1.6 % of 1/rate with five standard errors to spare, and their
    /// standard deviation is their mean.
    @Test func poissonGapsAreExponentialWithTheRateAsMean() {
        let planned = instants(100_000, rate: 200, .poisson)
        let gaps = zip(planned, [0] + planned).map { Double($0 - $1) / 1e9 }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
        #expect(abs(mean * 200 - 1) < 0.016)
        #expect(abs(variance.squareRoot() / mean - 1) < 0.03)
        let longerThanMean = gaps.count { $0 > mean }
        #expect(abs(Double(longerThanMean) / Double(gaps.count) - 0.3679) < 0.01)
    }

    @Test func instantsNeverGoBack() {
        let planned = instants(10_000, rate: 1_000_000, .poisson)
        #expect(zip(planned, planned.dropFirst()).allSatisfy { $0 <= $1 })
    }

    // MARK: - Ramps

    /// A ramp with a warm-up before it, and the integral of its rate.
    private struct Ramp {
        let (first, last): (Double, Double)
        let (length, warmUp): (Double, Double)

        func schedule(_ arrival: Arrival, seed: UInt64 = 1) -> ArrivalSchedule {
            ArrivalSchedule(
                rate: first, ramp: (last, .nanoseconds(Int64(length * 1e9))), warmUp: .nanoseconds(Int64(warmUp * 1e9)),
                arrival: arrival, seed: seed)
        }

        /// Images due within so many seconds of the start.
        func integral(_ seconds: Double) -> Double {
            let before = min(seconds, warmUp)
            let within = min(max(0, seconds - warmUp), length)
            let after = max(0, seconds - warmUp - length)
            return first * before + first * within + (last - first) / length * within * within / 2 + last * after
        }

        /// All instants within so many seconds of the start, in seconds.
        func instants(_ arrival: Arrival, until end: Double, seed: UInt64 = 1) -> [Double] {
            var schedule = schedule(arrival, seed: seed)
            var instants: [Double] = []
            while true {
                let instant = Double(schedule.next()) / 1e9
                if instant >= end { return instants }
                instants.append(instant)
            }
        }
    }

    private static let ramps = [
        Ramp(first: 10, last: 200, length: 30, warmUp: 0), Ramp(first: 200, last: 10, length: 60, warmUp: 5),
        Ramp(first: 0.1, last: 600, length: 7, warmUp: 2), Ramp(first: 100, last: 99.999, length: 20, warmUp: 0),
        Ramp(first: 300, last: 0.01, length: 3, warmUp: 0.5),
    ]

    /// Image k is due when the integral of the rate is k: so many come in each interval as it grows there, give or take
    /// the one at its end.
    @Test(arguments: ramps.indices) func constantArrivalsFollowTheIntegral(index: Int) {
        let ramp = Self.ramps[index]
        let end = ramp.warmUp + ramp.length * 1.5
        let instants = ramp.instants(.constant, until: end)
        // Instants are cut to whole nanoseconds.
        #expect(instants.enumerated().allSatisfy { abs(ramp.integral($1) - Double($0)) < 1e-5 })
        #expect(zip(instants, instants.dropFirst()).allSatisfy { $0 < $1 })
        for part in 0..<20 {
            let (from, to) = (end * Double(part) / 20, end * Double(part + 1) / 20)
            let count = instants.count { from <= $0 && $0 < to }
            #expect(abs(Double(count) - (ramp.integral(to) - ramp.integral(from))) <= 1.001)
        }
    }

    /// Counts in intervals are Poisson distributed with the growth of the integral as mean: within five standard
    /// deviations, and the sum of squared deviations (chi-squared) as large as that of so many intervals may be.
    @Test(arguments: ramps.indices) func poissonArrivalsFollowTheIntegral(index: Int) {
        let ramp = Self.ramps[index]
        let end = ramp.warmUp + ramp.length * 1.5
        let parts = 20
        var (chiSquared, intervals) = (0.0, 0)
        for seed in 1...20 as ClosedRange<UInt64> {
            var counts = Array(repeating: 0, count: parts)
            for instant in ramp.instants(.poisson, until: end, seed: seed) {
                counts[min(parts - 1, Int(instant / end * Double(parts)))] += 1
            }
            for part in 0..<parts {
                let mean =
                    ramp.integral(end * Double(part + 1) / Double(parts))
                    - ramp.integral(end * Double(part) / Double(parts))
                guard mean >= 5 else { continue }
                let deviation = (Double(counts[part]) - mean) / mean.squareRoot()
                #expect(abs(deviation) < 6, "seed \(seed), part \(part): \(counts[part]) in place of \(mean)")
                chiSquared += deviation * deviation
                intervals += 1
            }
        }
        // Its mean is the number of intervals, its variance about twice that.
        #expect(abs(chiSquared - Double(intervals)) < 5 * (2 * Double(intervals)).squareRoot() + 1)
    }

    @Test(arguments: Arrival.allCases) func rampBetweenEqualRatesIsNoRamp(arrival: Arrival) {
        let ramp = Ramp(first: 50, last: 50, length: 10, warmUp: 3)
        var (ramped, plain) = (
            ramp.schedule(arrival, seed: 9), ArrivalSchedule(rate: 50, arrival: arrival, seed: 9)
        )
        for _ in 0..<500 { #expect(ramped.next() == plain.next()) }
    }

    @Test func sameSeedGivesTheSameRamp() {
        let ramp = Self.ramps[0]
        #expect(ramp.instants(.poisson, until: 10, seed: 3) == ramp.instants(.poisson, until: 10, seed: 3))
        #expect(ramp.instants(.poisson, until: 10, seed: 3) != ramp.instants(.poisson, until: 10, seed: 4))
    }

    /// One image in ten thousand years.
    @Test func rateTooSlowForTheClockIsNeverDue() {
        #expect(instants(2, rate: 1e-12, .constant)[1] > UInt64(9e18))
        #expect(instants(1, rate: 1e-300, .poisson)[0] > UInt64(9e18))
    }
}
