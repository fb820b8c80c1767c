import Inference
import Latency

extension EvaluationReport {
    /// As a person reads it: the classes, the best first, then what they add up to.
    public var text: String {
        (classTable + (classes.isEmpty ? [] : [""]) + summary).joined(separator: "\n")
    }

    private var classTable: [String] {
        guard !classes.isEmpty else { return [] }
        let sorted = classes.sorted { ($1.top1, $1.top5, $0.label) < ($0.top1, $0.top5, $1.label) }
        let rows = sorted.map { row in
            let shares = [row.top1, row.top5].map { Format.decimal(100 * $0, 1) + " %" }
            return [row.label, "\(row.images)"] + shares + [row.mistake.map { "\($0.label) (\($0.images))" } ?? "-"]
        }
        return TextColumns.lines(
            [["class", "images", "top-1", "top-5", "mostly taken for"]] + rows, rightColumns: 1..<4)
    }

    private var summary: [String] {
        var lines = [
            "model        \(ModelWeights.name) \(modelVersion), input \(inputSize), \(weights)",
            "dataset      \(dataset)",
        ]
        if let top1, let top1Margin, let top5, let calibrationError, let meanConfidence {
            func percent(_ share: Double) -> String { Format.decimal(100 * share, 2) }
            lines += [
                "top-1        \(percent(top1)) % ± \(percent(top1Margin)), \(right) of \(Format.count(images, "image"))",
                "top-5        \(percent(top5)) %, \(amongFive) of \(Format.count(images, "image"))",
                "calibration  error \(percent(calibrationError)) % (ECE, 15 bins): \(percent(meanConfidence)) % sure on "
                    + "average, \(percent(top1)) % right",
            ]
        } else {
            lines.append("top-1        unknown: no picture has a label that the model knows")
        }
        if unlabelled > 0 { lines.append("left out     \(Format.count(unlabelled, "image")) without a label") }
        if !unknownLabels.isEmpty {
            let names = unknownLabels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
            let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
            lines.append(
                "left out     \(Format.count(unknownLabels.values.reduce(0, +), "image")) with labels that the model "
                    + "has no name for: \(shown)")
        }
        lines.append(
            "speed        \(Format.decimal(imagesPerSecond, 1)) images/s over \(Format.decimal(seconds, 1)) s, batches of "
                + "\(batch), \(Format.count(streams, "stream")) of \(Format.count(threads, "thread"))")
        if !pictures.isEmpty { lines.append("pictures     \(pictures.joined(separator: "  "))") }
        return lines
    }
}
