extension LatencyCollector {
    /// The figures of what was added so far.
    ///
    /// - Parameter name: the run's name in a table.
    public func summary(name: String) -> LatencySummary {
        let images = images
        let duration = images == 0 ? 0 : (Double(lastPlanned) - Double(firstPlanned)) / 1e9
        let intervals = images - min(max(1, names.count), images)
        let offeredRate = hasOutcomes && duration > 0 && intervals > 0 ? Double(intervals) / duration : nil
        let unanswered = outcomes[1] + outcomes[3]
        let inFlight =
            images == 0 || !hasInstants ? 0 : Double(outcomes[0] + unanswered) - answers.count(through: lastPlanned)
        return summary(
            name: name, duration: duration, offeredRate: offeredRate,
            servedRate: hasInstants ? servedRate(offered: offeredRate) : nil,
            inFlightAtEnd: Int(max(0, inFlight.rounded())),
            overload: hasInstants
                ? Overload(planned: planned, inFlight: inFlight)
                : Overload(answered: outcomes[0], offered: outcomes[0] + unanswered))
    }

    /// The figures of several runs as one: percentiles and counts of all images, and the mean of the runs' rates.
    /// They are overloaded where one of them is.
    static func summary(of runs: [LatencyCollector], name: String) -> LatencySummary {
        guard runs.count > 1 else { return runs[0].summary(name: name) }
        let whole = merged(runs)
        let parts = runs.map { $0.summary(name: name) }
        let duration = parts.reduce(0) { $0 + $1.duration }
        func mean(_ rate: (LatencySummary) -> Double?) -> Double? {
            let rates = parts.map { part in rate(part).map { $0 * part.duration } }
            return rates.contains { $0 == nil } || duration <= 0 ? nil : rates.reduce(0) { $0 + $1! } / duration
        }
        let worst = parts.map(\.overload).max { ($0.rank, $0.slope) < ($1.rank, $1.slope) }!
        return whole.summary(
            name: name, duration: duration, offeredRate: mean(\.offeredRate), servedRate: mean(\.servedRate),
            inFlightAtEnd: parts.reduce(0) { $0 + $1.inFlightAtEnd }, overload: worst)
    }

    /// The histograms of several runs in one.
    static func merged(_ runs: [LatencyCollector]) -> LatencyCollector {
        var whole = runs[0]
        for run in runs.dropFirst() { whole.merge(histogramsOf: run) }
        return whole
    }

    private func summary(
        name: String, duration: Double, offeredRate: Double?, servedRate: Double?, inFlightAtEnd: Int,
        overload: Overload
    ) -> LatencySummary {
        let total = UInt64(images)
        return LatencySummary(
            name: name, run: run, producers: producers, images: images, ok: outcomes[0], timedOut: outcomes[1],
            deadLettered: outcomes[2], undelivered: outcomes[3], hasOutcomes: hasOutcomes, duration: duration,
            offeredRate: offeredRate, servedRate: servedRate, sendDelayP99: sendDelays?.percentile(99),
            p50: histogram.percentile(50, of: total), p90: histogram.percentile(90, of: total),
            p95: histogram.percentile(95, of: total), p99: histogram.percentile(99, of: total), max: histogram.max,
            inFlightAtEnd: inFlightAtEnd, overload: overload, stages: stages.breakdown)
    }

    private func servedRate(offered: Double?) -> Double? {
        guard let offered else { return nil }
        let limit = offered * Double(outcomes[0]) / Double(max(1, images))
        let span = answers.time(untilShare: 0.99) / 1e9
        let served = 0.99 * Double(outcomes[0]) / span
        return outcomes[0] < 2 || span <= 0 ? limit : min(limit, served)
    }
}
