import FoundationEssentials

/// The figures of several runs, side by side.
///
/// The percentiles of an overloaded run are left out, as they are no steady state; a line below says what it was.
public struct LatencyTable: Sendable {
    /// The runs, one row each.
    public let summaries: [LatencySummary]

    /// Whether the stages are shown, too.
    public let hasStages: Bool

    /// A table of runs, in the order given.
    ///
    /// - Parameter stages: whether it says where the latency went, too.
    public init(_ summaries: [LatencySummary], stages: Bool = false) {
        self.summaries = summaries
        hasStages = stages
    }

    private var grid: TextGrid {
        TextGrid(
            headings: [
                ["", "run"], ["", "images"], ["", "ok"], ["timed", "out"], ["dead", "lettered"], ["un-", "delivered"],
                ["offered", "images/s"], ["served", "images/s"], ["send delay", "p99"], ["", "p50"], ["", "p90"],
                ["", "p95"], ["", "p99"], ["", "max"],
            ],
            rows: summaries.map { summary in
                let counts = [summary.images, summary.ok, summary.timedOut, summary.deadLettered, summary.undelivered]
                return [summary.name]
                    + counts.enumerated().map { index, count in
                        summary.hasOutcomes || index == 1 ? Quantity.grouped(count) : "–"
                    }
                    + [Quantity.rate(summary.offeredRate), Quantity.rate(summary.servedRate)]
                    + [Quantity.duration(summary.sendDelayP99)]
                    + summary.percentiles.map { summary.isOverloaded ? "–" : Quantity.duration($0.value) }
                    + [Quantity.duration(summary.max)]
            })
    }

    private var notes: [String] {
        summaries.compactMap { summary in
            if let note = summary.overloadNote {
                let inFlight = "\(Quantity.grouped(summary.inFlightAtEnd)) in flight when the last was planned"
                return "\(summary.name): \(note)" + (summary.overload.seesGrowth ? ", \(inFlight)" : "")
            }
            return summary.unknownNote.map { "\(summary.name): \($0)" }
        }
    }

    // MARK: - Forms

    /// Columns for a terminal.
    public var text: String {
        var lines = grid.text + notes
        if hasStages { lines += [""] + stageGrid.text + stageNotes }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Markdown tables.
    public var markdown: String {
        var lines = grid.markdown + notes.flatMap { ["", $0] }
        if hasStages { lines += [""] + stageGrid.markdown + stageNotes.flatMap { ["", $0] } }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A JSON array of objects, one per run; durations in nanoseconds (`_ns`), null where there is none or it is unknown.
    /// `steady` is false for an overloaded run, whose percentiles are those of the run as it happened.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try? encoder.encode(summaries.map { LatencyJSON(summary: $0, hasStages: hasStages) })
        // Encoding numbers and texts cannot fail: the rates are finite where they are not nil.
        return String(decoding: data ?? Data("[]".utf8), as: UTF8.self) + "\n"
    }
}
