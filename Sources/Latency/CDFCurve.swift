/// The cumulative distribution of the latencies of one run: which share of its images was answered within what time.
///
/// The share counts all images, also those never answered, so a curve tops out below 1 where some were not.
public struct CDFCurve: Sendable {
    /// A point of the curve: `fraction` of all images were answered within `value` nanoseconds.
    public struct Point: Sendable, Equatable {
        /// Nanoseconds since the planned instant.
        public let value: Int64
        /// 0 to 1.
        public let fraction: Double
    }

    /// The name in the legend.
    public let label: String

    /// A very short name (one or two characters) drawn on the curve itself.
    public let tag: String

    /// The figures of the run, for the legend.
    public let summary: LatencySummary

    /// The points, ascending; the curve is a staircase that rises at each of them.
    public let points: [Point]

    /// A curve from a histogram of the answered images.
    ///
    /// - Parameters:
    ///   - tag: drawn on the curve, one or two characters.
    ///   - summary: whose `images` is what 100 % means.
    public init(label: String, tag: String, histogram: Histogram, summary: LatencySummary) {
        self.label = label
        self.tag = tag
        self.summary = summary
        let total = Double(max(1, summary.images))
        var seen: UInt64 = 0
        points = histogram.buckets.map { bucket in
            seen += bucket.count
            return Point(value: bucket.value, fraction: min(1, Double(seen) / total))
        }
    }

    /// The share of images that were answered at all: where the curve tops out.
    public var top: Double { points.last?.fraction ?? 0 }
}
