/// Sums up the images of one run as they come, in memory of fixed size and in any order.
public struct LatencyCollector: Sendable {
    /// The run's name in the records.
    let run: String
    /// How many producers take part; 0 where that is unknown.
    let producers: Int
    /// The latencies of the answered images.
    public private(set) var histogram = Histogram()
    /// nil where a log does not have those of all images.
    private(set) var sendDelays: Histogram? = Histogram()
    /// The stages of the answered images.
    private(set) var stages = StageCollector()
    /// How many were ok, timed out, dead-lettered, undelivered.
    private(set) var outcomes = [0, 0, 0, 0]
    /// Images by planned instant, with their latencies where answered; dead-lettered ones left out.
    private(set) var planned = TimeBins()
    /// The instants of the answers.
    private(set) var answers = TimeBins()
    /// Nanoseconds since 1970.
    private(set) var firstPlanned = Int64.max
    private(set) var lastPlanned = Int64.min
    /// Whether each image's instants were seen: a histogram has no order, so it tells nothing of a backlog.
    private(set) var hasInstants = true
    /// Whether it is known how many images were not answered.
    private(set) var hasOutcomes = true

    /// The producers whose images came. Each one's first image does not count for the rate.
    private(set) var names: Set<[UInt8]> = []

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

    // MARK: - Images

    /// Adds an image.
    ///
    /// - Parameters:
    ///   - planned: nanoseconds since 1970.
    ///   - sent: nanoseconds since `planned`; nil where it was never sent.
    ///   - result: nanoseconds since `planned`; counted where the outcome is ok.
    public mutating func add(planned instant: Int64, sent: Int64?, result: Int64?, outcome: LatencyRecord.Outcome) {
        firstPlanned = min(firstPlanned, instant)
        lastPlanned = max(lastPlanned, instant)
        if let sent { sendDelays?.record(sent) }
        switch outcome {
        case .ok:
            outcomes[0] += 1
            let latency = max(0, result ?? 0)
            histogram.record(latency)
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

    /// Adds the stages of an image that was added.
    mutating func add(_ times: StageTimes) {
        stages.add(times)
    }

    /// Adds an image with all that is known of it.
    public mutating func add(_ record: LatencyRecord) {
        add(planned: record.planned.nanoseconds, sent: record.sent, result: record.result, outcome: record.outcome)
        if let times = StageTimes(record) { stages.add(times) }
    }

    /// A producer's images are among those added.
    mutating func note(producer: [UInt8]) {
        names.insert(producer)
    }

    // MARK: - Histogram logs

    /// A run from a histogram log of iotpipe's.
    init(_ facts: HistogramLog.Facts, answered: Histogram, stages: StageCollector) {
        self.init(run: facts.run, producers: facts.producers)
        histogram = answered
        self.stages = stages
        outcomes = [facts.ok, facts.timedOut, facts.deadLettered, facts.undelivered]
        firstPlanned = facts.firstPlanned
        lastPlanned = facts.lastPlanned
        names = Set(facts.names.map { Array($0.utf8) })
        hasInstants = false
        // The log has the send delays of the answered images only.
        sendDelays = stages.images == images ? stages.entries[Stage.send.index].histogram : nil
    }

    /// Latencies from another program's log.
    ///
    /// - Parameters:
    ///   - first: the begin of its first interval, in nanoseconds since 1970.
    ///   - last: the end of its last interval.
    init(foreign answered: Histogram, name: String, first: Int64, last: Int64) {
        self.init(run: name, producers: 0)
        histogram = answered
        outcomes[0] = Int(answered.count)
        firstPlanned = first
        lastPlanned = last
        hasInstants = false
        hasOutcomes = false
        sendDelays = nil
    }

    /// What a histogram log says of the run beside its histograms.
    var facts: HistogramLog.Facts {
        let figures = stages.entries.map { HistogramLog.Facts.StageFacts(sum: $0.sum, negative: $0.negative) }
        return HistogramLog.Facts(
            run: run, producers: producers, names: names.map { String(decoding: $0, as: UTF8.self) }.sorted(),
            ok: outcomes[0], timedOut: outcomes[1], deadLettered: outcomes[2], undelivered: outcomes[3],
            firstPlanned: firstPlanned, lastPlanned: lastPlanned, staged: stages.images,
            stages: Dictionary(uniqueKeysWithValues: zip(Stage.allCases.map(\.rawValue), figures)))
    }

    /// Adds the images of a log, as far as it has them: what needs each image's instants is unknown from then on.
    mutating func merge(log: LatencyCollector) {
        merge(histogramsOf: log)
        firstPlanned = min(firstPlanned, log.firstPlanned)
        lastPlanned = max(lastPlanned, log.lastPlanned)
        hasInstants = false
    }

    /// Adds counts and histograms, and leaves the instants as they are.
    mutating func merge(histogramsOf other: LatencyCollector) {
        histogram.merge(other.histogram)
        if let delays = other.sendDelays { sendDelays?.merge(delays) } else { sendDelays = nil }
        stages.merge(other.stages)
        for index in outcomes.indices { outcomes[index] += other.outcomes[index] }
        names.formUnion(other.names)
        hasInstants = hasInstants && other.hasInstants
        hasOutcomes = hasOutcomes && other.hasOutcomes
    }
}
