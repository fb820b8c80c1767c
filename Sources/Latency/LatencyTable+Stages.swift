extension LatencyTable {
    /// The stages of each run, one row each, and their sum.
    var stageGrid: TextGrid {
        TextGrid(
            headings: [
                ["", "run"], ["", "stage"], ["", "mean"], ["share of", "the mean"], ["", "p50"], ["", "p99"],
            ],
            rows: summaries.flatMap { summary -> [[String]] in
                guard let stages = summary.stages else { return [[summary.name, "unknown", "–", "–", "–", "–"]] }
                let parts = stages.parts.map { part in
                    let share = stages.mean > 0 ? "\(Quantity.fixed(100 * part.mean / stages.mean, digits: 1)) %" : "–"
                    let percentiles = [part.p50, part.p99].map { $0 == nil ? "negative" : Quantity.duration($0) }
                    return [summary.name, part.stage.name, Quantity.duration(mean: part.mean), share] + percentiles
                }
                return parts + [[summary.name, "all", Quantity.duration(mean: stages.mean), "100.0 %", "–", "–"]]
            }, leftColumns: 2)
    }

    /// What must be known to read the stages.
    var stageNotes: [String] {
        ["Stages of the answered images. Means add up to the mean latency; percentiles of stages do not add up."]
            + summaries.compactMap { summary in
                guard let stages = summary.stages else {
                    return "\(summary.name): stages unknown: no image has all its instants"
                }
                let missing = summary.ok - stages.images
                let notes = [
                    summary.isOverloaded ? "OVERLOADED: no steady state" : nil,
                    missing > 0
                        ? "\(Quantity.grouped(missing)) answered images lack an instant or their partition: left out"
                        : nil,
                    stages.clockNote,
                ].compactMap { $0 }
                return notes.isEmpty ? nil : "\(summary.name): \(notes.joined(separator: "; "))"
            }
    }
}
