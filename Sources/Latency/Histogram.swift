/// A log-linear histogram of durations in nanoseconds: counts in buckets whose width is 1/1024 of their octave.
///
/// Values below 2048 ns are exact; above, a bucket's middle stands for its values, which is wrong by less than 1/2048
/// (0.05 %). The scheme is that of HdrHistogram. Memory: 8 KB per octave up to the largest value, 0.2 MB for 30 s.
public struct Histogram: Sendable, Equatable {
    private static let bits = 10
    private static let perOctave = 1 << bits
    private static let exactBelow = 2 << bits

    /// How many buckets there are up to the greatest Int64.
    static let bucketCount = index(of: .max) + 1

    /// How many values each bucket holds, as far as buckets were needed.
    private(set) var counts: [UInt64] = []

    /// How many values were recorded.
    public private(set) var count: UInt64 = 0

    /// The sum of all values, in nanoseconds.
    public private(set) var sum: Double = 0

    private var least = Int64.max
    private var greatest = Int64.min

    /// An empty histogram.
    public init() {}

    /// The smallest value, exact; nil where there is none.
    public var min: Int64? { count == 0 ? nil : least }

    /// The largest value, exact; nil where there is none.
    public var max: Int64? { count == 0 ? nil : greatest }

    /// The arithmetic mean, exact but for floating-point rounding; nil where there is no value.
    public var mean: Double? { count == 0 ? nil : sum / Double(count) }

    // MARK: - Recording

    /// Records a value.
    ///
    /// - Parameter value: nanoseconds; a negative one (a clock was set back) counts as 0.
    public mutating func record(_ value: Int64, count occurrences: UInt64 = 1) {
        guard occurrences > 0 else { return }
        let value = Swift.max(0, value)
        let index = Histogram.index(of: value)
        if index >= counts.count { grow(toHold: index) }
        counts[index] &+= occurrences
        count &+= occurrences
        sum += Double(value) * Double(occurrences)
        least = Swift.min(least, value)
        greatest = Swift.max(greatest, value)
    }

    /// Adds everything that another histogram holds, as if its values had been recorded here.
    public mutating func merge(_ other: Histogram) {
        guard other.count > 0 else { return }
        if other.counts.count > counts.count { grow(toHold: other.counts.count - 1) }
        for index in other.counts.indices { counts[index] &+= other.counts[index] }
        count &+= other.count
        sum += other.sum
        least = Swift.min(least, other.least)
        greatest = Swift.max(greatest, other.greatest)
    }

    private mutating func grow(toHold index: Int) {
        let size = (index / Histogram.perOctave + 1) * Histogram.perOctave
        counts.append(contentsOf: repeatElement(0, count: size - counts.count))
    }

    // MARK: - Reading

    /// A percentile by nearest rank: the smallest value that at least `percent` % of the values do not exceed.
    ///
    /// - Parameters:
    ///   - percent: 0 to 100; 0 gives the minimum, 100 the maximum.
    ///   - total: how many values there are, with those that were never recorded because they are endless (images
    ///     without an answer); nil means `count`.
    /// - Returns: nanoseconds, wrong by less than 0.1 %; nil where the rank lies among the endless, or nothing was
    ///   recorded.
    public func percentile(_ percent: Double, of total: UInt64? = nil) -> Int64? {
        let total = Swift.max(total ?? count, count)
        // Without the tolerance, 99.9 % of 1000 would be rank 1000 by rounding of the product.
        let exact = percent / 100 * Double(total)
        let rank = UInt64(Swift.max(1, (exact - 1e-9 * exact).rounded(.up)))
        guard rank <= count else { return nil }
        if rank == 1 { return least }
        if rank == count { return greatest }
        var seen: UInt64 = 0
        for index in counts.indices {
            seen += counts[index]
            if seen >= rank { return representative(index) }
        }
        return greatest
    }

    /// The buckets that hold something, in ascending order: the value that stands for them, and how many they hold.
    public var buckets: [(value: Int64, count: UInt64)] {
        counts.indices.compactMap { counts[$0] == 0 ? nil : (representative($0), counts[$0]) }
    }

    private func representative(_ index: Int) -> Int64 {
        Swift.min(Swift.max(Histogram.middle(of: index), least), greatest)
    }

    // MARK: - Buckets

    /// The bucket of a value: itself below 2048, then 1024 buckets for each further octave.
    private static func index(of value: Int64) -> Int {
        if value < Int64(exactBelow) { return Int(value) }
        let shift = (Int64.bitWidth - 1 - value.leadingZeroBitCount) - bits
        return shift * perOctave + Int(value >> Int64(shift))
    }

    /// The value in the middle of a bucket.
    static func middle(of index: Int) -> Int64 {
        if index < exactBelow { return Int64(index) }
        let shift = index / perOctave - 1
        let lowest = Int64(index - shift * perOctave) << Int64(shift)
        return lowest + (Int64(1) << Int64(shift)) / 2
    }
}
