import Latency

/// What a producer did, image by image counted. Images of the warm-up are in `warmUp` and the spool's counts alone.
public struct ProduceSummary: Sendable {
    /// Images whose planned instant came.
    public var planned = 0
    /// Images that the broker acknowledged.
    public var acknowledged = 0
    /// Images with a result in time.
    public var classified = 0
    /// Images without a result in time.
    public var timedOut = 0
    /// Images that ended as dead letters.
    public var deadLettered = 0
    /// Images that the broker never acknowledged.
    public var undelivered = 0
    /// Classified images whose label is the most probable class.
    public var right = 0
    /// Classified images that carried a label.
    public var labelled = 0
    /// Bytes of PNG handed to the broker.
    public var bytes = 0
    /// Seconds from the end of the warm-up to the last outcome.
    public var seconds = 0.0
    /// Latency of the classified images from the planned instant, in nanoseconds.
    public var latency = Histogram()
    /// How much later than planned images were sent, in nanoseconds.
    public var sendDelay = Histogram()

    /// The clocks of infer's hosts against this one's, as the classified images show them.
    public var clocks = ClockOffsets()

    /// Images in flight at most in a closed loop; nil for the open loop.
    public var closedLoop: Int?

    /// The images of the warm-up; nil without one.
    public var warmUp: WarmUp?

    /// What became of images that do not count.
    public struct WarmUp: Sendable {
        /// Images whose planned instant came.
        public let planned: Int
        /// Images that the broker acknowledged.
        public let acknowledged: Int
        /// Images with a result in time.
        public let classified: Int
        /// Images that the broker never acknowledged.
        public let undelivered: Int
    }

    /// What went to the spool and came from it; nil without one.
    public var spool: Spool?

    /// What went to a spool and came from it.
    public struct Spool: Sendable {
        /// The folder.
        public let folder: String
        /// Undelivered images that are safely on disk.
        public let spooled: Int
        /// Messages of this run and earlier ones that the broker acknowledged.
        public let sent: Int
        /// Bytes that wait for another run.
        public let left: Int
        /// Messages that the broker refused in this run.
        public let refused: Int
        /// Files that this run has put aside, damaged or with what the broker refused.
        public let newlyAside: [String]
        /// Files that earlier runs have put aside.
        public let aside: [String]
    }

    /// Undelivered images, those of the warm-up among them.
    private var lost: Int { undelivered + (warmUp?.undelivered ?? 0) }

    /// Whether the broker has every image of this run and of the spool.
    var isComplete: Bool {
        guard let spool else { return lost == 0 }
        return lost == spool.spooled && spool.left == 0 && spool.newlyAside.isEmpty
    }

    /// The summary as the user reads it, a fact a line.
    public var text: String {
        let rate = seconds > 0 ? Double(classified) / seconds : 0
        var lines = [
            "images        \(planned) planned, \(acknowledged) acknowledged, \(classified) classified, "
                + "\(timedOut) timed out, \(deadLettered) dead-lettered, \(undelivered) undelivered",
            "throughput    \(Format.decimal(rate, 1)) images/s over \(Format.decimal(seconds, 1)) s, "
                + "\(Format.decimal(Double(bytes) / Double(max(planned, 1)) / 1e3, 1)) kB an image",
        ]
        if let warmUp {
            lines.append(
                "warm-up       \(warmUp.planned) images before these, which do not count: \(warmUp.acknowledged) acknowledged, "
                    + "\(warmUp.classified) classified, \(warmUp.undelivered) undelivered")
        }
        if let closedLoop {
            lines.append(
                "closed loop   \(closedLoop) in flight at most: a stall keeps images back, and hardly shows in what follows"
            )
        }
        if classified > 0 {
            let percentiles = [50, 90, 95, 99].map { "p\($0) \(Format.milliseconds(latency.percentile(Double($0))))" }
            lines.append(
                "latency       \(percentiles.joined(separator: "  "))  max \(Format.milliseconds(latency.max))")
        }
        if sendDelay.count > 0 {
            lines.append("send delay    p99 \(Format.milliseconds(sendDelay.percentile(99)))")
        }
        lines += clockLines
        if let spool {
            var line = "spool         \(spool.spooled) spooled, \(spool.sent) sent from the spool"
            if spool.left > 0 {
                let size = Format.decimal(Double(spool.left) / 1e6, 3)
                line += ", \(size) MB left in \(spool.folder): start again with it to send them"
            }
            if lost > spool.spooled { line += ", \(lost - spool.spooled) neither delivered nor spooled" }
            if spool.refused > 0 { line += ", \(spool.refused) refused by the broker" }
            lines.append(line)
            let aside = spool.aside + spool.newlyAside
            if !aside.isEmpty { lines.append("put aside     \(aside.joined(separator: "  ")): not sent") }
        }
        if labelled > 0 { lines.append("right answers \(right) of \(labelled) labelled images") }
        return lines.joined(separator: "\n")
    }
}
