/// One run in JSON.
struct LatencyJSON: Encodable {
    let summary: LatencySummary
    let hasStages: Bool

    private enum CodingKeys: String, CodingKey {
        case name, run, producers, images, ok, undelivered, steady, stages
        case timedOut = "timed_out"
        case deadLettered = "dead_lettered"
        case duration = "planned_seconds"
        case offeredRate = "offered_per_second"
        case servedRate = "served_per_second"
        case sendDelay = "send_delay_p99_ns"
        case p50 = "p50_ns"
        case p90 = "p90_ns"
        case p95 = "p95_ns"
        case p99 = "p99_ns"
        case max = "max_ns"
        case inFlight = "in_flight_at_end"
        case slope = "latency_slope"
        case timeToBacklog = "seconds_to_backlog"
    }

    func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: CodingKeys.self)
        func known(_ count: Int) -> Int? { summary.hasOutcomes ? count : nil }
        try row.encode(summary.name, forKey: .name)
        try row.encode(summary.run, forKey: .run)
        try row.encode(summary.producers > 0 ? summary.producers : nil, forKey: .producers)
        try row.encode(known(summary.images), forKey: .images)
        try row.encode(summary.ok, forKey: .ok)
        try row.encode(known(summary.timedOut), forKey: .timedOut)
        try row.encode(known(summary.deadLettered), forKey: .deadLettered)
        try row.encode(known(summary.undelivered), forKey: .undelivered)
        try row.encode(summary.overload.isUnknown ? nil : !summary.isOverloaded, forKey: .steady)
        try row.encode(summary.duration, forKey: .duration)
        try row.encode(summary.offeredRate, forKey: .offeredRate)
        try row.encode(summary.servedRate, forKey: .servedRate)
        try row.encode(summary.sendDelayP99, forKey: .sendDelay)
        try row.encode(summary.p50, forKey: .p50)
        try row.encode(summary.p90, forKey: .p90)
        try row.encode(summary.p95, forKey: .p95)
        try row.encode(summary.p99, forKey: .p99)
        try row.encode(summary.max, forKey: .max)
        try row.encode(summary.overload.seesGrowth ? summary.inFlightAtEnd : nil, forKey: .inFlight)
        try row.encode(summary.overload.seesGrowth ? summary.overload.slope : nil, forKey: .slope)
        try row.encode(summary.overload.timeToBacklog, forKey: .timeToBacklog)
        if hasStages { try row.encode(summary.stages, forKey: .stages) }
    }
}

extension StageBreakdown: Encodable {
    private enum CodingKeys: String, CodingKey {
        case images, parts
        case mean = "mean_ns"
        case clockNote = "clock_note"
    }

    /// The mean latency, an object for each stage, and what must be known of the clocks; null where that is nothing.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(images, forKey: .images)
        try object.encode(mean, forKey: .mean)
        try object.encode(parts, forKey: .parts)
        try object.encode(clockNote, forKey: .clockNote)
    }
}

extension StageBreakdown.Part: Encodable {
    private enum CodingKeys: String, CodingKey {
        case stage, negative
        case mean = "mean_ns"
        case p50 = "p50_ns"
        case p99 = "p99_ns"
    }

    /// Its figures; a percentile is null where it is negative.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(stage.rawValue, forKey: .stage)
        try object.encode(mean, forKey: .mean)
        try object.encode(p50, forKey: .p50)
        try object.encode(p99, forKey: .p99)
        try object.encode(negative, forKey: .negative)
    }
}
