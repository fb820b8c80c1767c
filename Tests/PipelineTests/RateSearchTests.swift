import Testing

@testable import Pipeline

@Suite struct RateSearchTests {
    /// What the search finds where everything up to `limit` holds, and how many trials that took.
    private func find(limit: Double, start: Double) -> (best: Double?, trials: Int) {
        var search = RateSearch(start: start)
        var trials = 0
        while let rate = search.next, trials < 100 {
            search.record(rate, held: rate <= limit)
            trials += 1
        }
        return (search.best, trials)
    }

    @Test(arguments: [30.0, 90, 99, 100, 120, 300, 5]) func itEndsWithinFivePercentBelowTheLimit(limit: Double) throws {
        let (best, trials) = find(limit: limit, start: 100)
        let found = try #require(best)
        #expect(found <= limit && found * RateSearch.resolution >= limit * 0.999, "\(found) of \(limit)")
        #expect(trials <= 10)
    }

    @Test func whereNothingHoldsItGivesUp() {
        let (best, trials) = find(limit: 0, start: 100)
        #expect(best == nil && trials <= 10)
    }
}
