/// How far a producer is at this moment.
public struct ProduceProgress: Sendable {
    /// The counts so far.
    public let summary: ProduceSummary
    /// Images without a result yet.
    public let inFlight: Int
    /// Images a second since the report before.
    public let rate: Double

    /// A report from its parts.
    public init(summary: ProduceSummary, inFlight: Int, rate: Double) {
        self.summary = summary
        self.inFlight = inFlight
        self.rate = rate
    }

    /// As the user reads it, in a line.
    public var text: String {
        var text =
            "\(Format.decimal(rate, 1)) images/s, \(summary.planned) planned, \(summary.classified) classified, "
            + "\(inFlight) in flight"
        if summary.classified > 0 {
            let percentiles = [50, 95, 99].map {
                "p\($0) \(Format.milliseconds(summary.latency.percentile(Double($0))))"
            }
            text += ", " + percentiles.joined(separator: " ")
        }
        if let warmUp = summary.warmUp { text += ", \(warmUp.planned) to warm up" }
        if summary.timedOut > 0 { text += ", \(summary.timedOut) timed out" }
        if summary.undelivered > 0 { text += ", \(summary.undelivered) undelivered" }
        if let spool = summary.spool, spool.spooled + spool.sent > 0 {
            text += ", \(spool.spooled) spooled, \(spool.sent) sent from the spool"
        }
        return text
    }
}
