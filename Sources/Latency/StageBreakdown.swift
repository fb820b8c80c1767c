/// Where the latency of a run's answered images went. Durations are nanoseconds.
///
/// The means of the stages add up to the mean latency of these images. Their percentiles do not: the image that waited
/// longest in one stage is rarely the one that waited longest in another.
public struct StageBreakdown: Sendable, Equatable {
    /// One stage.
    public struct Part: Sendable, Equatable {
        /// Which one.
        public let stage: Stage
        /// The arithmetic mean; negative where the classifier's clock differs that much from the producer's.
        public let mean: Double
        /// The median; nil where it is negative.
        public let p50: Int64?
        /// The 99th percentile; nil where it is negative.
        public let p99: Int64?
        /// How many images have a negative duration here.
        public let negative: Int
    }

    /// How many images it is about: those that were answered and have all instants.
    public let images: Int

    /// One for each of `Stage.allCases`, in that order.
    public let parts: [Part]

    /// The mean latency of these images: the sum of the stages' means.
    public var mean: Double { parts.reduce(0) { $0 + $1.mean } }

    /// What is known of infer's clock, where it shows and the rows were read.
    var clock: StageClock?

    /// Whether images of a histogram log are among them: their instants are gone, so no offset can be taken off.
    var hasLogs = false

    /// What the reader must know where the clocks show; nil where no duration is negative, or ever was.
    public var clockNote: String? {
        let faulty = parts.filter { $0.negative > 0 }
        guard !faulty.isEmpty else { return clock?.note }
        let stages = faulty.map { part in
            "\(part.stage.name) of \(Quantity.grouped(part.negative)) of \(Quantity.grouped(images)) images"
        }
        return "negative: \(stages.joined(separator: ", ")). "
            + (clock?.note ?? "The clocks of infer and produce differ")
            + (hasLogs ? "; a histogram log cannot be corrected" : "")
    }
}
