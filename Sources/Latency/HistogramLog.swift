import Events
import FoundationEssentials

/// HdrHistogram's log of histograms (format version 1.3), as iotpipe writes it: for each run one line a tag, and a
/// comment with what histograms cannot hold.
///
/// The tags are `total` (the latencies of the answered images) and those of `Stage`. Values are nanoseconds. The comment
/// is `#[iotpipe: {…}]`, and holds for the lines below it; tools of HdrHistogram pass over it.
public enum HistogramLog {
    /// The tag of the whole latency.
    static let totalTag = "total"

    static let versionLine = "#[Histogram log format version "
    static let factsLine = "#[iotpipe: "
    static let legend = "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\""

    /// What the comment says of the images of a run.
    struct Facts: Codable, Equatable {
        /// The sum and the signs of a stage, which its histogram has not.
        struct StageFacts: Codable, Equatable {
            var sum: Double
            var negative: Int

            enum CodingKeys: String, CodingKey {
                case sum = "sum_ns"
                case negative
            }
        }

        var run: String
        var producers: Int
        /// The names of the producers whose images these are.
        var names: [String]
        var ok: Int
        var timedOut: Int
        var deadLettered: Int
        var undelivered: Int
        /// Nanoseconds since 1970.
        var firstPlanned: Int64
        var lastPlanned: Int64
        /// How many images have all stages.
        var staged: Int
        /// By the stages' names.
        var stages: [String: StageFacts]

        enum CodingKeys: String, CodingKey {
            case run, producers, ok, undelivered, staged, stages
            case names = "producer_names"
            case timedOut = "timed_out"
            case deadLettered = "dead_lettered"
            case firstPlanned = "first_planned_ns"
            case lastPlanned = "last_planned_ns"
        }
    }

    /// The log that belongs to a CSV file: `run.csv` has `run.hlog` beside it.
    public static func path(besides csv: String) -> String {
        (csv.hasSuffix(".csv") ? String(csv.dropLast(4)) : csv) + ".hlog"
    }

    /// The whole file.
    ///
    /// - Parameter runs: in any order; those without an image are left out.
    /// - Throws: `writeFailed` where there is no memory.
    static func bytes(of runs: [LatencyCollector]) throws(LatencyError) -> [UInt8] {
        let runs = runs.filter { $0.images > 0 }.sorted { $0.firstPlanned < $1.firstPlanned }
        var text = "#[iotpipe: latencies of images, and of the stages that they add up from, in nanoseconds]\n"
        text += "\(versionLine)1.3]\n"
        if let first = runs.first {
            let time = Timestamp(nanoseconds: first.firstPlanned).rfc3339
            text += "#[StartTime: \(seconds(first.firstPlanned)) (seconds since epoch), \(time)]\n"
        }
        text += legend + "\n"
        for run in runs {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            guard let facts = try? encoder.encode(run.facts) else {
                throw LatencyError(.writeFailed, "cannot encode the figures of \(run.run)")
            }
            text += "\(factsLine)\(String(decoding: facts, as: UTF8.self))]\n"
            try append(run.histogram, tag: totalTag, of: run, to: &text)
            for (stage, entry) in zip(Stage.allCases, run.stages.entries) {
                try append(entry.histogram, tag: stage.rawValue, of: run, to: &text)
            }
        }
        return Array(text.utf8)
    }

    private static func append(
        _ histogram: Histogram, tag: String, of run: LatencyCollector, to text: inout String
    ) throws(LatencyError) {
        let length = Quantity.fixed((Double(run.lastPlanned) - Double(run.firstPlanned)) / 1e9, digits: 3)
        // In milliseconds, as HdrHistogram's own writers have it.
        let longest = Quantity.fixed(Double(histogram.max ?? 0) / 1e6, digits: 3)
        let encoded = Data(try histogram.encoded()).base64EncodedString()
        text += "Tag=\(tag),\(seconds(run.firstPlanned)),\(length),\(longest),\(encoded)\n"
    }

    /// Seconds since 1970; the format has no earlier ones.
    private static func seconds(_ instant: Int64) -> String {
        Quantity.fixed(Double(max(0, instant)) / 1e9, digits: 3)
    }
}
