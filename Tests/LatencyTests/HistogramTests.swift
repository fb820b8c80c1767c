import Foundation
import Testing

@testable import Latency

@Suite struct HistogramTests {
    static let percents = [0, 0.1, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100]

    static let distributions = [
        "lognormal", "pareto", "bimodal", "constant", "bucket edges", "every octave", "small", "few", "extreme", "one",
    ]

    /// Values that are hard on a log-linear histogram.
    static func distribution(_ name: String) -> [Int64] {
        var random = SplitMix64(state: 7)
        switch name {
        case "lognormal": return (0..<20_000).map { _ in Int64(2e7 * exp(1.5 * random.normal())) }
        case "pareto": return (0..<20_000).map { _ in Int64(1e6 / pow(1 - random.uniform(), 2)) }
        case "bimodal": return (0..<20_000).map { $0 % 100 == 0 ? 30_000_000_000 : 1_000_003 }
        case "constant": return Array(repeating: 123_456_789, count: 1000)
        case "bucket edges": return (11..<62).flatMap { [(1 << $0) - 1, 1 << $0, (1 << $0) + 1] }
        case "every octave":
            return (0..<62).flatMap { shift in (0..<37).map { (1 << shift) + (Int64($0) << shift) / 37 } }
        case "small": return (0..<5000).map { Int64($0 % 2100) }
        case "few": return [5, 1_000_000_007, 77_777]
        case "extreme": return [0, 1, .max, .max - 1, .max / 2, .max / 3]
        default: return [42]
        }
    }

    @Test(arguments: distributions)
    func percentilesAreWithinATenthOfAPercent(_ name: String) throws {
        try check(HistogramTests.distribution(name), name)
    }

    /// Values of random sizes: a random number of bits, all or few of them alike.
    @Test(arguments: 1...40)
    func anyPercentilesAre(_ seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let values = (0..<Int.random(in: 1...3000, using: &random)).map { _ -> Int64 in
            let bits = random.next() % 64
            let value = Int64(bitPattern: random.next() >> 1) >> Int64(63 - min(bits, 63))
            return random.next() % 5 == 0 ? 1 << min(62, Int64(bits)) : value
        }
        try check(values, "seed \(seed)")
    }

    private func check(_ values: [Int64], _ name: String) throws {
        var histogram = Histogram()
        for value in values { histogram.record(value) }
        let sorted = values.sorted()
        for percent in HistogramTests.percents {
            // Nearest rank, computed in whole numbers: percent has two decimals.
            let rank = max(1, (Int((percent * 100).rounded()) * sorted.count + 9999) / 10_000)
            let exact = sorted[rank - 1]
            let found = try #require(histogram.percentile(percent))
            let error = abs(Double(found) - Double(exact))
            #expect(error <= 0.001 * Double(exact), "\(name) p\(percent): \(found) for \(exact)")
        }
        #expect(histogram.min == sorted.first)
        #expect(histogram.max == sorted.last)
        #expect(histogram.count == UInt64(values.count))
        let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
        let found = try #require(histogram.mean)
        #expect(abs(found - mean) <= 1e-9 * mean)
    }

    @Test func mergingIsRecordingEverythingInOne() {
        var parts = [Histogram(), Histogram(), Histogram()]
        var whole = Histogram()
        for (index, value) in HistogramTests.distribution("lognormal").enumerated() {
            parts[index % 3].record(value)
            whole.record(value)
        }
        var merged = Histogram()
        for part in parts { merged.merge(part) }
        merged.merge(Histogram())
        #expect(merged.buckets.map(\.value) == whole.buckets.map(\.value))
        #expect(merged.buckets.map(\.count) == whole.buckets.map(\.count))
        #expect(merged.percentile(99) == whole.percentile(99))
        #expect(merged.min == whole.min && merged.max == whole.max && merged.count == whole.count)
    }

    @Test(arguments: 1...20)
    func theOrderOfMergingDoesNotMatter(_ seed: UInt64) {
        var random = SplitMix64(state: seed)
        var parts = [Histogram](repeating: Histogram(), count: 3)
        var whole = Histogram()
        for _ in 0..<2000 {
            // Whole numbers whose sums a double holds exactly.
            let value = Int64(random.next() >> (24 + random.next() % 40))
            parts[Int(random.next() % 3)].record(value)
            whole.record(value)
        }
        var (left, right, tail) = (parts[0], parts[2], parts[1])
        left.merge(parts[1])
        left.merge(parts[2])
        tail.merge(parts[0])
        right.merge(tail)
        #expect(left == whole && right == whole)
    }

    @Test func theEndlessShiftTheRanks() {
        var histogram = Histogram()
        for value in 1...98 { histogram.record(Int64(value)) }
        #expect(histogram.percentile(50, of: 100) == 50)
        #expect(histogram.percentile(98, of: 100) == 98)
        #expect(histogram.percentile(99, of: 100) == nil)
        #expect(histogram.percentile(100, of: 100) == nil)
        #expect(histogram.percentile(100) == 98)
    }

    @Test func emptyAndNegative() {
        var histogram = Histogram()
        #expect(histogram.percentile(50) == nil && histogram.max == nil && histogram.mean == nil)
        histogram.record(-5)
        #expect(histogram.percentile(50) == 0)
        histogram.record(10, count: 3)
        #expect(histogram.count == 4 && histogram.sum == 30)
    }
}
