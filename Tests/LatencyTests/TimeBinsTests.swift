import Testing

@testable import Latency

@Suite struct TimeBinsTests {
    @Test(arguments: [1, 1000, 1_000_003, 3_600_000_000_000])
    func nothingIsLostWhenBinsMerge(_ step: Int64) {
        for isReversed in [false, true] {
            var bins = TimeBins()
            for index in 0..<10_000 {
                let place = Int64(isReversed ? 9_999 - index : index)
                bins.add(at: Synthetic.epoch + place * step, value: index % 2 == 0 ? place : nil)
            }
            #expect(bins.bins.count <= TimeBins.capacity && bins.bins.count > TimeBins.capacity / 4)
            #expect(bins.bins.reduce(0) { $0 + $1.count } == 10_000)
            #expect(bins.bins.reduce(0) { $0 + $1.valued } == 5000)
            #expect(bins.slices(48).reduce(0) { $0 + $1.count } == 10_000)
            #expect(bins.start <= Synthetic.epoch)
            let half = bins.count(through: Synthetic.epoch + 4999 * step)
            #expect(abs(half - 5000) < 10)
            let instant = bins.time(untilShare: 0.5)
            #expect(abs(instant / Double(step) - 5000) < 10)
        }
    }

    @Test func wholeRangeOfInstants() {
        var bins = TimeBins()
        for instant in [0, Int64.max, .min, -1, 1] { bins.add(at: instant, value: 1) }
        #expect(bins.bins.reduce(0) { $0 + $1.count } == 5)
    }
}
