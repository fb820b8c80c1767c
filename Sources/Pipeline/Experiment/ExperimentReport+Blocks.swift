import Latency

/// The parts of the report.
extension ExperimentReport {
    var blocks: [ReportBlock] {
        var blocks: [ReportBlock] = [.answer(answer)]
        if !notice.isEmpty { blocks.append(.paragraph("Note: \(notice).")) }
        blocks.append(
            .paragraph(
                "Latency counts from the instant at which an image was planned to the instant at which its producer had the "
                    + "result, whatever the pipeline did meanwhile (open loop). Images without an answer count as endless. "
                    + "The first \(Format.decimal(settings.warmUp, 1)) s of a run do not count; it ended when three windows "
                    + "of \(Format.decimal(settings.window, 1)) s in a row were within 10 % of each other in images a second "
                    + "and in median latency, else after \(Format.decimal(settings.timeLimit, 0)) s."))
        blocks.append(.heading("Latency by number of producers"))
        for group in groups {
            blocks.append(
                .picture(
                    name: group.picture, caption: "Share of images answered within a time; \(group.offered)."))
            blocks.append(.table(headings: ExperimentReport.headings, rows: group.entries.map(row)))
        }
        blocks += scaling
        blocks += search
        blocks += resources
        return blocks + conditions
    }

    // MARK: - Latency

    private static let headings = [
        "producers", "offered /s", "answered /s", "p50", "p90", "p95", "p99", "max", "answered", "send delay p99",
        "state",
    ]

    private func row(_ entry: Entry) -> [String] {
        let summary = entry.summary
        let percentiles = summary.percentiles.map { summary.isOverloaded ? "–" : Quantity.duration($0.value) }
        return [
            "\(entry.run.producers)", Quantity.rate(summary.offeredRate), Quantity.rate(entry.run.answeredPerSecond),
        ] + percentiles + [
            Quantity.duration(summary.max), "\(summary.ok) of \(summary.images)",
            Quantity.duration(summary.sendDelayP99), ExperimentReport.state(entry),
        ]
    }

    private static func state(_ entry: Entry) -> String {
        if entry.summary.isOverloaded { return "OVERLOADED" }
        return entry.run.isSteady ? "stable" : "not stable"
    }

    // MARK: - Scaling

    private var scaling: [ReportBlock] {
        let capacities = entries.filter { $0.run.kind == .capacity }
        guard let first = capacities.first else { return [] }
        let rows = capacities.map { entry -> [String] in
            let run = entry.run
            let factor = Double(max(1, run.infers)) / Double(max(1, first.run.infers))
            let efficiency = run.answeredPerSecond / (first.run.answeredPerSecond * factor)
            return [
                run.infers == 0 ? "running already" : "\(run.infers)", Quantity.rate(run.answeredPerSecond),
                run.infers == 0 ? "–" : Quantity.rate(run.answeredPerSecond / Double(run.infers)),
                first.run.answeredPerSecond > 0 ? "\(Format.decimal(efficiency * 100, 0)) %" : "–",
                "\(Format.decimal(run.usage.busyProcessors, 1)) of \(run.usage.processors)",
                ExperimentReport.bottleneck(run),
            ]
        }
        return [
            .heading("Capacity and scaling"),
            .paragraph(
                "With always so many images in flight that no instance waits (closed loop, so its latencies mean nothing). "
                    + "The efficiency compares images a second for each instance with those of the first line."),
            .table(
                headings: [
                    "instances of infer", "images/s", "for each", "efficiency", "busy processors", "what saturates",
                ],
                rows: rows),
        ]
    }

    /// What the run was held up by, as far as this machine can tell.
    static func bottleneck(_ run: ExperimentRun) -> String {
        guard let hungriest = run.usage.hungriest else {
            // Whoever runs the roles does so where this process does not see them: each may have a limit of its own.
            return run.usage.busyShare >= 0.9 ? "the processors" : "unknown"
        }
        let isOurs = hungriest.processors >= run.usage.busyProcessors / 2
        let share = isOurs ? "\(hungriest.name) takes \(Format.decimal(hungriest.processors, 1))" : "others take most"
        if run.usage.busyShare >= 0.9 { return "the processors: \(share)" }
        return "not this machine's processors" + (isOurs ? ": \(share)" : "")
    }

    private var search: [ReportBlock] {
        guard settings.findsMaxRate, let limit = settings.limit else { return [] }
        let runs = entries.filter { $0.run.kind == .search }
        return [
            .heading("The highest rate within the limit"),
            .table(
                headings: [
                    "instances of infer", "offered /s", "answered /s", limit.percentile, "\(limit.text) kept", "state",
                ],
                rows: runs.map { entry in
                    [
                        "\(entry.run.infers)", Quantity.rate(entry.summary.offeredRate),
                        Quantity.rate(entry.run.answeredPerSecond),
                        entry.summary.isOverloaded ? "–" : Quantity.duration(limit.value(in: entry.summary)),
                        limit.isKept(by: entry.summary) ? "yes" : "no", ExperimentReport.state(entry),
                    ]
                }),
        ]
    }

    // MARK: - Conditions

    private var resources: [ReportBlock] {
        let rows = entries.flatMap { entry in
            entry.run.usage.roles.enumerated().map { index, role in
                let perImage = role.processors / max(entry.run.answeredPerSecond, 1e-9) * 1e6
                return [
                    index == 0 ? entry.run.name : "",
                    role.processes == 1 ? role.name : "\(role.processes) × \(role.name)",
                    Format.decimal(role.processors, 2),
                    entry.run.answeredPerSecond > 0 ? "\(Format.decimal(perImage, 0)) µs" : "–",
                    Format.bytes(role.peakMemory),
                ]
            }
        }
        guard !rows.isEmpty else { return [] }
        return [
            .heading("What the processes took up"),
            .table(
                headings: ["run", "processes", "busy processors", "processor time an image", "most memory of one"],
                rows: rows),
        ]
    }

    private var conditions: [ReportBlock] {
        let sets = machine.instructionSets.isEmpty ? "" : " (\(machine.instructionSets.joined(separator: ", ")))"
        var items = [
            "Processor: \(machine.processors) × \(machine.processor)\(sets)", "Memory: \(Format.bytes(machine.memory))",
            "System: \(machine.system)",
        ]
        items += versions.map { "Version: \($0)" }
        items.append(
            "Images: \(settings.dataset ?? "the 20 embedded CIFAR-100 images"), \(settings.arrival) arrivals, "
                + "\(settings.devices) devices of each producer")
        if !settings.inferArguments.isEmpty { items.append("infer: \(settings.inferArguments.joined(separator: " "))") }
        items += settings.conditions
        items.append("All options: experiment.json; the latencies of each run: runs/NAME/*.csv")
        return [.heading("Conditions"), .list(items)]
    }
}
