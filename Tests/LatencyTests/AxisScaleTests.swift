import Testing

@testable import Latency

@Suite struct AxisScaleTests {
    private static let ranges: [ClosedRange<Int64>] = [
        0...0, 0...1, 1...2, 999...1001, 12_000_000...13_000_000, 1_000_000...9_999_999, 5_000_000...600_000_000,
        3_000...40_000_000_000, 1...9_000_000_000_000_000_000, 7...7,
    ]

    @Test(arguments: ranges, [true, false])
    func everyRangeFitsAndHasTicks(_ range: ClosedRange<Int64>, _ logarithmic: Bool) {
        let axis = AxisScale(least: range.lowerBound, greatest: range.upperBound, logarithmic: logarithmic)
        #expect(axis.lower <= Double(max(logarithmic ? 1 : 0, range.lowerBound)) * 1.001)
        #expect(axis.upper >= Double(range.upperBound) * 0.999)
        #expect(axis.lower < axis.upper)
        let values = axis.ticks.map(\.value)
        #expect(values == values.sorted() && Set(values).count == values.count)
        #expect(values.allSatisfy { $0 >= axis.lower * 0.999 && $0 <= axis.upper * 1.001 })
        let labels = axis.ticks.compactMap(\.label)
        #expect((2...20).contains(labels.count), "\(labels)")
        #expect(Set(labels).count == labels.count, "\(labels)")
        #expect(axis.position(axis.lower) == 0 && axis.position(axis.upper) == 1)
    }

    @Test func labelsAreRound() {
        let axis = AxisScale(least: 9_000_000, greatest: 700_000_000, logarithmic: true)
        #expect(
            axis.ticks.compactMap(\.label)
                == ["5 ms", "10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s"])
        let linear = AxisScale(least: 9_000_000, greatest: 70_000_000, logarithmic: false)
        #expect(linear.ticks.compactMap(\.label).prefix(3) == ["0", "10 ms", "20 ms"])
    }
}
