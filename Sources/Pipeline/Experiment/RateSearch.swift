/// Looks for the highest rate at which something still holds, by halving the interval in which it must lie.
struct RateSearch {
    /// The search ends when the lowest rate that failed is at most this much above the highest that held.
    static let resolution = 1.05
    private static let mostTrials = 10

    /// The highest rate that held; nil where none did.
    private(set) var best: Double?
    private var failed: Double?
    private var trials = 0
    private let start: Double

    /// - Parameter start: the first rate to try, such as what the pipeline can do in a closed loop.
    init(start: Double) {
        self.start = start
    }

    /// The rate to try next; nil when the search is over.
    var next: Double? {
        guard trials < RateSearch.mostTrials else { return nil }
        switch (best, failed) {
        case (nil, nil): return start
        case (let best?, nil): return best * 1.25
        // Far below what it can do there is nothing to find: the limit is below what one image takes.
        case (nil, let failed?): return failed > start / 100 ? failed / 2 : nil
        case (let best?, let failed?): return failed / best > RateSearch.resolution ? (best + failed) / 2 : nil
        }
    }

    /// Takes a trial into account.
    mutating func record(_ rate: Double, held: Bool) {
        trials += 1
        if held {
            best = max(best ?? rate, rate)
        } else {
            failed = min(failed ?? rate, rate)
        }
    }
}
