import FoundationEssentials

/// The figures of several runs, side by side.
///
/// The percentiles of an overloaded run are left out, as they are no steady state; a line below says what it was.
public struct LatencyTable: Sendable {
    /// The runs, one row each.
    public let summaries: [LatencySummary]

    /// A table of runs, in the order given.
    public init(_ summaries: [LatencySummary]) {
        self.summaries = summaries
    }

    /// Each heading in two lines.
    private static let headings = [
        ["", "run"], ["", "images"], ["", "ok"], ["timed", "out"], ["dead", "lettered"], ["un-", "delivered"],
        ["offered", "images/s"], ["served", "images/s"], ["send delay", "p99"], ["", "p50"], ["", "p90"], ["", "p95"],
        ["", "p99"], ["", "max"],
    ]

    private var rows: [[String]] {
        summaries.map { summary in
            let counts = [
                summary.images, summary.ok, summary.timedOut, summary.deadLettered, summary.undelivered,
            ]
            return [summary.name] + counts.map(Quantity.grouped)
                + [Quantity.rate(summary.offeredRate), Quantity.rate(summary.servedRate)]
                + [Quantity.duration(summary.sendDelayP99)]
                + summary.percentiles.map { summary.isOverloaded ? "–" : Quantity.duration($0.value) }
                + [Quantity.duration(summary.max)]
        }
    }

    private var notes: [String] {
        summaries.compactMap { summary in
            summary.overloadNote.map {
                "\(summary.name): \($0), \(Quantity.grouped(summary.inFlightAtEnd)) in flight when the last was planned"
            }
        }
    }

    // MARK: - Forms

    /// Columns for a terminal.
    public var text: String {
        let headings = LatencyTable.headings
        let lines = [headings.map { $0[0] }, headings.map { $0[1] }] + rows
        let widths = headings.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let table = lines.map { line in
            var text = ""
            for (column, cell) in line.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                text += column == 0 ? cell + padding : "  " + padding + cell
            }
            while text.last == " " { text.removeLast() }
            return text
        }
        return (table + notes).joined(separator: "\n") + "\n"
    }

    /// A Markdown table.
    public var markdown: String {
        func row(_ cells: [String]) -> String {
            "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        let rule = "|---|" + String(repeating: "---:|", count: LatencyTable.headings.count - 1)
        let headings = LatencyTable.headings.map { heading in
            heading[0].hasSuffix("-") ? "undelivered" : heading.filter { !$0.isEmpty }.joined(separator: " ")
        }
        var lines = [row(headings), rule] + rows.map(row)
        for note in notes { lines += ["", note] }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A JSON array of objects, one per run; durations in whole nanoseconds (`_ns`), null where there is none.
    /// `steady` is false for an overloaded run, whose percentiles are those of the run as it happened.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try? encoder.encode(summaries.map(JSONRow.init))
        // Encoding numbers and texts cannot fail: the rates are finite where they are not nil.
        return String(decoding: data ?? Data("[]".utf8), as: UTF8.self) + "\n"
    }
}

/// One run in JSON.
private struct JSONRow: Encodable {
    let summary: LatencySummary

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, run, producers, images, ok, undelivered, steady
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
        try row.encode(summary.name, forKey: .name)
        try row.encode(summary.run, forKey: .run)
        try row.encode(summary.producers, forKey: .producers)
        try row.encode(summary.images, forKey: .images)
        try row.encode(summary.ok, forKey: .ok)
        try row.encode(summary.timedOut, forKey: .timedOut)
        try row.encode(summary.deadLettered, forKey: .deadLettered)
        try row.encode(summary.undelivered, forKey: .undelivered)
        try row.encode(!summary.isOverloaded, forKey: .steady)
        try row.encode(summary.duration, forKey: .duration)
        try row.encode(summary.offeredRate, forKey: .offeredRate)
        try row.encode(summary.servedRate, forKey: .servedRate)
        try row.encode(summary.sendDelayP99, forKey: .sendDelay)
        try row.encode(summary.p50, forKey: .p50)
        try row.encode(summary.p90, forKey: .p90)
        try row.encode(summary.p95, forKey: .p95)
        try row.encode(summary.p99, forKey: .p99)
        try row.encode(summary.max, forKey: .max)
        try row.encode(summary.inFlightAtEnd, forKey: .inFlight)
        try row.encode(summary.overload.slope, forKey: .slope)
        try row.encode(summary.overload.timeToBacklog, forKey: .timeToBacklog)
    }
}
