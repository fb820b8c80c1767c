/// Counts and sums over time in bins of equal width, as many as memory allows: when the time seen outgrows them, the
/// width doubles and neighbours are merged. Instants may come in any order.
struct TimeBins: Sendable {
    /// What one bin holds.
    struct Bin: Sendable {
        /// All that happened in it.
        var count = 0
        /// Those of `count` that have a value.
        var valued = 0
        /// The sum of those values.
        var sum = 0.0

        static func += (bin: inout Bin, other: Bin) {
            bin.count += other.count
            bin.valued += other.valued
            bin.sum += other.sum
        }
    }

    /// The resolution: the bins in use are at least half as many once that many nanoseconds have passed.
    static let capacity = 4096

    /// The width of a bin is 2 to this power, in nanoseconds.
    /// At least 2, so that no difference of two bin numbers overflows.
    private var shift: Int64 = 2
    /// The number of the first bin: its start divided by the width.
    private var base: Int64 = 0

    /// The bins from the first to the last instant.
    private(set) var bins: [Bin] = []

    /// The first bin's start, in nanoseconds since 1970.
    var start: Int64 { base << shift }

    /// The width of a bin in nanoseconds.
    var width: Int64 { 1 << shift }

    /// Counts an event.
    ///
    /// - Parameters:
    ///   - instant: nanoseconds since 1970.
    ///   - value: nil where it has none.
    mutating func add(at instant: Int64, value: Int64?) {
        var index = instant >> shift
        if bins.isEmpty {
            base = index
            bins.append(Bin())
        }
        while max(index, base + Int64(bins.count) - 1) - min(index, base) >= Int64(TimeBins.capacity) {
            halve()
            index = instant >> shift
        }
        if index < base {
            bins.insert(contentsOf: repeatElement(Bin(), count: Int(base - index)), at: 0)
            base = index
        }
        let place = Int(index - base)
        if place >= bins.count { bins.append(contentsOf: repeatElement(Bin(), count: place - bins.count + 1)) }
        bins[place].count += 1
        if let value {
            bins[place].valued += 1
            bins[place].sum += Double(value)
        }
    }

    private mutating func halve() {
        var merged: [Bin] = []
        merged.reserveCapacity(TimeBins.capacity)
        let first = base >> 1
        for (offset, bin) in bins.enumerated() {
            let place = Int(((base + Int64(offset)) >> 1) - first)
            if place == merged.count { merged.append(Bin()) }
            merged[place] += bin
        }
        bins = merged
        base = first
        shift += 1
    }

    /// How many events came up to and at an instant; within a bin they are taken to be spread evenly.
    func count(through instant: Int64) -> Double {
        guard !bins.isEmpty, instant >= start else { return 0 }
        // In units of a bin; unsigned, because the whole range of instants has twice as many as Int64 holds.
        let elapsed = (Double(UInt64(bitPattern: instant &- start)) + 1) / Double(width)
        var seen = 0.0
        for (offset, bin) in bins.enumerated() where Double(offset) < elapsed {
            seen += Double(bin.count) * min(1, elapsed - Double(offset))
        }
        return seen
    }

    /// Nanoseconds from `start` to the end of the bin by which a share of all events had come.
    func time(untilShare share: Double) -> Double {
        let wanted = share * Double(bins.reduce(0) { $0 + $1.count })
        var seen = 0.0
        for (offset, bin) in bins.enumerated() {
            seen += Double(bin.count)
            if seen >= wanted { return Double(offset + 1) * Double(width) }
        }
        return Double(bins.count) * Double(width)
    }

    /// The bins merged into equal slices.
    ///
    /// - Parameter count: how many slices, as far as there are bins enough.
    func slices(_ count: Int) -> [Bin] {
        let count = min(count, bins.count)
        var slices = [Bin](repeating: Bin(), count: count)
        for (offset, bin) in bins.enumerated() { slices[offset * count / bins.count] += bin }
        return slices
    }
}
