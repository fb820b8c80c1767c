import Latency

/// What an experiment has found, as files: the pictures, `report.md`, `report.html`.
struct ExperimentReport {
    /// A run with its figures.
    struct Entry {
        let run: ExperimentRun
        let summary: LatencySummary

        var isUsable: Bool { !summary.isOverloaded && run.kind != .capacity }
    }

    /// Runs of one number of infers and one rate: a picture.
    struct Group {
        let infers: Int
        let rate: Double
        let entries: [Entry]
        /// The name of its picture, without the ending.
        let picture: String

        /// What was offered, to what.
        var offered: String {
            let infers = infers > 0 ? ", \(Format.count(infers, "instance")) of infer" : ""
            return "\(Quantity.rate(rate)) images/s from each producer\(infers)"
        }
    }

    let settings: ExperimentSettings
    let machine: MachineDescription
    let version: String
    let folder: ExperimentFolder
    let entries: [Entry]
    let groups: [Group]

    /// - Parameter runs: those that are done; each has its files in the folder.
    init(
        settings: ExperimentSettings, runs: [ExperimentRun], folder: ExperimentFolder, machine: MachineDescription,
        version: String
    ) throws {
        self.settings = settings
        self.machine = machine
        self.version = version
        self.folder = folder
        let entries = try runs.map { Entry(run: $0, summary: try folder.summary(of: $0)) }
        self.entries = entries
        var groups: [Group] = []
        for entry in entries where entry.run.kind == .measured {
            let (infers, rate) = (entry.run.infers, entry.run.rate ?? 0)
            guard !groups.contains(where: { $0.infers == infers && $0.rate == rate }) else { continue }
            let suffix = groups.isEmpty ? "" : "-infer-\(infers)-rate-\(Format.decimal(rate, 2))"
            groups.append(
                Group(
                    infers: infers, rate: rate,
                    entries: entries.filter {
                        $0.run.kind == .measured && $0.run.infers == infers && $0.run.rate == rate
                    }, picture: "cdf\(suffix)"))
        }
        self.groups = groups
    }

    /// Everything that has a version.
    var versions: [String] {
        var versions = ["iotpipe \(version)"]
        for version in entries.flatMap(\.run.versions) where !versions.contains(version) { versions.append(version) }
        return versions
    }

    /// What the reader must know before everything else; empty where there is nothing.
    var notice: String {
        ResultsNotice.text(isEmbedded: versions.contains { $0.hasPrefix("embedded broker") })
    }

    // MARK: - The answer

    /// The run that answered most images a second, of those that were no overload and kept the limit; of the stable ones
    /// where there are any.
    var best: Entry? {
        let acceptable = entries.filter { entry in
            entry.isUsable && (settings.limit?.isKept(by: entry.summary) ?? (entry.summary.p99 != nil))
        }
        let stable = acceptable.filter(\.run.isSteady)
        return (stable.isEmpty ? acceptable : stable).max { $0.run.answeredPerSecond < $1.run.answeredPerSecond }
    }

    /// The report's first line.
    var answer: String {
        let place = "on this machine (\(machine.processors) × \(machine.processor))"
        guard let best else {
            let limit = settings.limit.map { "kept \($0.text)" } ?? "was steady"
            return "No run \(limit) \(place)."
        }
        let name = settings.limit?.percentile ?? "p99"
        let percentile = best.summary.percentiles.first { $0.name == name }?.value
        var text =
            "\(Quantity.rate(best.run.answeredPerSecond)) images/s at \(name) ≤ \(Quantity.duration(percentile)) "
        text += "\(place), with \(Format.count(best.run.producers, "producer"))"
        if best.run.infers > 0 { text += " and \(Format.count(best.run.infers, "instance")) of infer" }
        text += best.run.isSteady ? "." : "; that run was not stable."
        if let target = settings.targetRate, best.run.infers > 0 {
            let each = best.run.answeredPerSecond / Double(best.run.infers)
            let needed = Int((target / each).rounded(.up))
            text += " \(Quantity.rate(target)) images/s need \(Format.count(needed, "instance")), "
            text += "each with as much of a machine as there was for one here."
        }
        return text
    }

    // MARK: - Files

    /// Writes everything.
    ///
    /// - Returns: the files' paths.
    func write() throws -> [String] {
        var files: [String] = []
        for group in groups {
            let paths = ["png", "svg"].map { "\(folder.path)/\(group.picture).\($0)" }
            try draw(group, png: paths[0], svg: paths[1])
            files += paths
        }
        let title = "Latency and capacity of image classification"
        let blocks = blocks
        let html = try ReportHTML.render(title: title, blocks) { name in
            Array(try TextFile.read("\(folder.path)/\(name).svg").utf8)
        }
        for (name, text) in [("report.md", ReportMarkdown.render(title: title, blocks)), ("report.html", html)] {
            try WholeFile.write(Array(text.utf8), to: "\(folder.path)/\(name)")
            files.append("\(folder.path)/\(name)")
        }
        return files
    }

    private func draw(_ group: Group, png: String, svg: String) throws {
        let options = CDFChart.Options(
            title: "End-to-end latency of image classification",
            subtitle:
                "\(group.offered); from the planned instant to the result; \(machine.processors) × \(machine.processor)",
            notice: notice, stages: true)
        let files = group.entries.flatMap { folder.files(of: $0.run) }
        let report = try LatencyReport(reading: files, withStages: true)
        try CDFChart.draw(report.curves, options: options, png: png, svg: svg)
    }
}
