/// Sums up the stages of the answered images of a run, in memory of fixed size.
struct StageCollector: Sendable {
    /// What is known of one stage.
    struct Entry: Sendable, Equatable {
        /// Negative durations count as 0 here.
        var histogram = Histogram()
        /// Nanoseconds, the negative ones with their sign.
        var sum = 0.0
        /// How many durations were negative: the clocks differ.
        var negative = 0
    }

    /// How many images have all stages.
    private(set) var images = 0
    /// One for each of `Stage.allCases`.
    private(set) var entries = [Entry](repeating: Entry(), count: Stage.allCases.count)

    init() {}

    /// What a histogram log says; `entries` has one for each stage.
    init(images: Int, entries: [Entry]) {
        precondition(entries.count == Stage.allCases.count)
        self.images = images
        self.entries = entries
    }

    mutating func add(_ times: StageTimes) {
        images += 1
        add(times.send, 0)
        add(times.queue, 1)
        add(times.decode, 2)
        add(times.inference, 3)
        add(times.return, 4)
    }

    private mutating func add(_ duration: Int64, _ index: Int) {
        entries[index].histogram.record(duration)
        entries[index].sum += Double(duration)
        if duration < 0 { entries[index].negative += 1 }
    }

    mutating func merge(_ other: StageCollector) {
        images += other.images
        for index in entries.indices {
            entries[index].histogram.merge(other.entries[index].histogram)
            entries[index].sum += other.entries[index].sum
            entries[index].negative += other.entries[index].negative
        }
    }

    /// The figures; nil where no image has all stages.
    var breakdown: StageBreakdown? {
        guard images > 0 else { return nil }
        return StageBreakdown(
            images: images,
            parts: zip(Stage.allCases, entries).map { stage, entry in
                StageBreakdown.Part(
                    stage: stage, mean: entry.sum / Double(images), p50: percentile(50, of: entry),
                    p99: percentile(99, of: entry), negative: entry.negative)
            })
    }

    /// nil where the rank lies among the negative ones, whose values the histogram does not have.
    private func percentile(_ percent: Double, of entry: Entry) -> Int64? {
        percent / 100 * Double(images) <= Double(entry.negative) ? nil : entry.histogram.percentile(percent)
    }
}
