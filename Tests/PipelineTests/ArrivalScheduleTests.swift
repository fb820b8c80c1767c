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

    /// One image in ten thousand years.
    @Test func rateTooSlowForTheClockIsNeverDue() {
        #expect(instants(2, rate: 1e-12, .constant)[1] > UInt64(9e18))
        #expect(instants(1, rate: 1e-300, .poisson)[0] > UInt64(9e18))
    }
}
