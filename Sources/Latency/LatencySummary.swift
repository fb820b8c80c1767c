/// The figures of one run. Durations are nanoseconds since the planned instant.
///
/// The percentiles are those of all images: one that was never answered counts as endless. A percentile is nil where
/// it lies among those.
public struct LatencySummary: Sendable, Equatable {
    /// The run's name: its run and its number of producers, or its file.
    public let name: String
    /// The run in the records; the first one where there are several.
    public let run: String
    /// How many producers took part, as the records say; 0 where they do not.
    public let producers: Int
    /// Images planned.
    public let images: Int
    /// Images answered in time.
    public let ok: Int
    /// Images without an answer in time.
    public let timedOut: Int
    /// Images in the dead-letter topic.
    public let deadLettered: Int
    /// Images the broker never acknowledged.
    public let undelivered: Int
    /// Whether the counts above are known. A histogram log of another program has the answered images alone: then
    /// `images` is their number, and the percentiles are theirs.
    public let hasOutcomes: Bool
    /// Seconds from the first planned instant to the last; the sum over the runs where it is about several.
    public let duration: Double
    /// Images planned per second; nil where there are too few to tell.
    public let offeredRate: Double?
    /// Images answered per second, from the first answer to that by which 99 % of the answers had come (so that one
    /// late answer does not count for all), and never more than were offered; nil where there are too few to tell.
    public let servedRate: Double?
    /// The 99th percentile of how late images were handed to the Kafka client; nil where none was.
    public let sendDelayP99: Int64?
    /// The median latency.
    public let p50: Int64?
    /// The 90th percentile.
    public let p90: Int64?
    /// The 95th percentile.
    public let p95: Int64?
    /// The 99th percentile.
    public let p99: Int64?
    /// The longest latency of an answered image.
    public let max: Int64?
    /// Images in flight when the last one was planned: neither answered nor dead-lettered by then. 0 where
    /// `overload.seesGrowth` is false.
    public let inFlightAtEnd: Int
    /// Whether images came faster than they were served, and since when.
    public let overload: Overload
    /// Where the latency went; nil where no image has all its instants, or nobody asked.
    public internal(set) var stages: StageBreakdown?

    /// Whether the run is no steady state: its percentiles then say how long it lasted, not how fast the pipeline is.
    public var isOverloaded: Bool { overload.isOverloaded }

    /// The percentiles with their names, in ascending order.
    public var percentiles: [(name: String, percent: Double, value: Int64?)] {
        [("p50", 50, p50), ("p90", 90, p90), ("p95", 95, p95), ("p99", 99, p99)]
    }

    /// What an overloaded run is said to be, in one line without the run's name; nil where it is steady.
    public var overloadNote: String? {
        guard isOverloaded else { return nil }
        var parts: [String] = []
        if let offeredRate, let servedRate {
            parts.append("served \(Quantity.rate(servedRate)) of \(Quantity.rate(offeredRate)) images/s offered")
        } else {
            parts.append("answered \(ok) of \(images) images")
        }
        if let time = overload.timeToBacklog {
            parts.append(time == 0 ? "backlog from the start" : "backlog after \(Quantity.seconds(time))")
        }
        return "OVERLOADED: " + parts.joined(separator: ", ")
    }

    /// What cannot be told of the run, in one line without its name; nil where all can.
    public var unknownNote: String? {
        if !hasOutcomes { return "overload and images without an answer unknown: the log has neither" }
        return overload.isUnknown ? "overload unknown: a histogram log has no instants" : nil
    }
}
