/// Sums up the images of one run as they come, in memory of fixed size and in any order.
public struct LatencyCollector: Sendable {
    private let run: String
    private let producers: Int
    private var answered = Histogram()
    private var sendDelays = Histogram()
    private var outcomes = [0, 0, 0, 0]
    private var planned = TimeBins()
    private var answers = TimeBins()
    private var firstPlanned = Int64.max
    private var lastPlanned = Int64.min

    /// How many producers were seen; 1 unless told otherwise. Each one's first image does not count for the rate.
    var producersSeen = 1

    /// An empty collector.
    ///
    /// - Parameters:
    ///   - run: the run's name in the records.
    ///   - producers: how many producers take part.
    public init(run: String, producers: Int) {
        self.run = run
        self.producers = producers
    }

    /// How many images were added.
    public var images: Int { outcomes.reduce(0, +) }

    /// The latencies of the answered images.
    public var histogram: Histogram { answered }

    /// Adds an image.
    ///
    /// - Parameters:
    ///   - planned: nanoseconds since 1970.
    ///   - sent: nanoseconds since `planned`; nil where it was never sent.
    ///   - result: nanoseconds since `planned`; counted where the outcome is ok.
    public mutating func add(planned instant: Int64, sent: Int64?, result: Int64?, outcome: LatencyRecord.Outcome) {
        firstPlanned = min(firstPlanned, instant)
        lastPlanned = max(lastPlanned, instant)
        if let sent { sendDelays.record(sent) }
        switch outcome {
        case .ok:
            outcomes[0] += 1
            let latency = max(0, result ?? 0)
            answered.record(latency)
            planned.add(at: instant, value: latency)
            let (answer, overflow) = instant.addingReportingOverflow(latency)
            answers.add(at: overflow ? .max : answer, value: nil)
        case .timedOut:
            outcomes[1] += 1
            planned.add(at: instant, value: nil)
        case .deadLettered: outcomes[2] += 1
        case .undelivered:
            outcomes[3] += 1
            planned.add(at: instant, value: nil)
        }
    }

    /// Adds an image.
    public mutating func add(_ record: LatencyRecord) {
        add(
            planned: record.planned.nanoseconds, sent: record.sent, result: record.result, outcome: record.outcome)
    }

    /// The figures of what was added so far.
    ///
    /// - Parameter name: the run's name in a table.
    public func summary(name: String) -> LatencySummary {
        let images = images
        let duration = images == 0 ? 0 : (Double(lastPlanned) - Double(firstPlanned)) / 1e9
        let intervals = images - min(producersSeen, images)
        let offeredRate = duration > 0 && intervals > 0 ? Double(intervals) / duration : nil
        let total = UInt64(images)
        let unanswered = outcomes[1] + outcomes[3]
        let inFlight =
            images == 0 ? 0 : Double(outcomes[0] + unanswered) - answers.count(through: lastPlanned)
        return LatencySummary(
            name: name, run: run, producers: producers, images: images, ok: outcomes[0], timedOut: outcomes[1],
            deadLettered: outcomes[2], undelivered: outcomes[3], duration: duration, offeredRate: offeredRate,
            servedRate: servedRate(offered: offeredRate),
            sendDelayP99: sendDelays.percentile(99), p50: answered.percentile(50, of: total),
            p90: answered.percentile(90, of: total), p95: answered.percentile(95, of: total),
            p99: answered.percentile(99, of: total), max: answered.max,
            inFlightAtEnd: Int(max(0, inFlight.rounded())),
            overload: Overload(planned: planned, inFlight: inFlight))
    }

    private func servedRate(offered: Double?) -> Double? {
        guard let offered else { return nil }
        let limit = offered * Double(outcomes[0]) / Double(max(1, images))
        let span = answers.time(untilShare: 0.99) / 1e9
        let served = 0.99 * Double(outcomes[0]) / span
        return outcomes[0] < 2 || span <= 0 ? limit : min(limit, served)
    }
}
