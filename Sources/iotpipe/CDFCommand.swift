import Arguments
import Latency
import Pipeline

/// `iotpipe cdf`: the picture of latencies.
enum CDFCommand {
    static let files = Positional(
        "FILE", repeated: .file(extensions: ["csv", "hlog"]), minimum: 1,
        help: """
            CSV files that `produce --latencies` wrote, folders of them, or histogram logs in nanoseconds (.hlog).
            """)
    static let axis = Option(
        "axis", .choice(CDFChart.Axis.self), value: "SCALE", default: .log, help: "The scale of the latency axis.")
    static let by = Option(
        "by",
        .choice(LatencyReport.Grouping.self) { grouping in
            switch grouping {
            case .run: "a run with its number of producers, whatever files it is in"
            case .producers: "a number of producers, of whatever runs"
            case .file: "a file"
            }
        },
        default: .run, help: "What makes a curve.")
    static let stages = Option(
        "stages", flag: false,
        help: "Show, too, where the latency went: send delay, broker and queue, decode, inference, return.")
    static let output = Option(
        "output", short: "o", .text, value: "PREFIX", default: "latencies",
        help: "Write the pictures to PREFIX.png and PREFIX.svg.")
    static let title = Option("title", .text, default: "End-to-end latency", help: "The heading of the picture.")
    static let format = Option(
        "format", .choice(Format.self), value: "FORMAT", default: .text, help: "How the table is printed.")

    /// Forms of the table.
    enum Format: String, CaseIterable, Sendable {
        case text, markdown, json
    }

    static let command = Command(
        name: "cdf", abstract: "draw the distribution of latencies, one curve a run",
        discussion: """
            Reads what `produce --latencies` wrote, prints a table, and draws the cumulative distribution with p50, p90, p95 \
            and p99 marked. Images without a result keep a curve below 100 %; an overloaded run is marked as such. A \
            histogram log cannot tell whether it was: that is then unknown.
            """,
        options: [by, axis, stages, output, title, format], positionals: [files],
        examples: [
            Command.Example("iotpipe cdf latencies.csv", "the table, latencies.png and latencies.svg"),
            Command.Example("iotpipe cdf --stages --by producers *.csv", "where the time went, by number of producers"),
            Command.Example("iotpipe cdf p1.csv p2.csv --axis linear --output producers", "two runs on a linear axis"),
        ],
        run: execute)

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        let report = try LatencyReport(
            reading: arguments[files], grouping: arguments[by], withStages: arguments[stages])
        for warning in report.warnings { Output.writeError("iotpipe cdf: warning: \(warning)\n") }
        let table = report.table(stages: arguments[stages])
        switch arguments[format] {
        case .text: Output.write(table.text)
        case .markdown: Output.write(table.markdown)
        case .json: Output.write(table.json)
        }
        let (png, svg) = (arguments[output] + ".png", arguments[output] + ".svg")
        let chart = CDFChart.Options(title: arguments[title], axis: arguments[axis], stages: arguments[stages])
        try CDFChart.draw(report.curves, options: chart, png: png, svg: svg)
        if arguments[format] == .text { Output.line("pictures: \(png)  \(svg)") }
        return ExitStatus.success.rawValue
    }
}
