import Charts

extension ChartPainter {
    /// One row per curve: its line, its name, its percentiles, and how many of its images were answered.
    func paintLegend() {
        let right = ChartStyle.width - ChartStyle.margin
        // The right ends of the columns, from the last to the first.
        let answered = right
        let images = right - 130
        let max = images - 130
        let percentileColumn = 106.0
        let percentiles = (0..<4).map { max - Double(4 - $0) * percentileColumn }
        let labelLeft = ChartStyle.margin + 128
        let labelRight = percentiles[0] - percentileColumn + 4

        var y = layout.legendTop + 8
        func heading(_ text: String, _ x: Double) {
            canvas.text(text, x: x, y: y, size: ChartStyle.legendSize, colour: ChartStyle.quiet, align: .right)
        }
        for (name, x) in zip(["p50", "p90", "p95", "p99"], percentiles) { heading(name, x) }
        heading("max", max)
        heading("images", images)
        heading("answered", answered)
        canvas.line(
            [(ChartStyle.margin, y + 10), (right, y + 10)], colour: ChartStyle.reference, width: 1)

        for index in curves.indices {
            y += ChartStyle.legendRow
            let curve = curves[index]
            let summary = curve.summary
            paintSample(index, y: y - 7)
            func cell(_ text: String, _ x: Double, bold: Bool = false) {
                canvas.text(
                    text, x: x, y: y, size: ChartStyle.legendSize, bold: bold, colour: ChartStyle.text, align: .right)
            }
            canvas.text(
                curve.label, x: labelLeft, y: y, size: ChartStyle.legendSize, bold: true, colour: ChartStyle.text,
                limit: labelRight - labelLeft)
            if summary.isOverloaded {
                let label = canvas.width(of: curve.label, size: ChartStyle.legendSize, bold: true)
                let left = labelLeft + min(label, labelRight - labelLeft) + 24
                canvas.text(
                    ChartPainter.shortNote(summary), x: max, y: y, size: ChartStyle.legendSize, bold: true,
                    colour: ChartStyle.noticeText, align: .right, limit: max - left)
            } else {
                for (percentile, x) in zip(summary.percentiles, percentiles) {
                    cell(Quantity.duration(percentile.value), x)
                }
                cell(Quantity.duration(summary.max), max)
            }
            cell(Quantity.grouped(summary.images), images)
            let share = Quantity.percent(Double(summary.ok) / Double(Swift.max(1, summary.images)))
            cell(summary.hasOutcomes ? share : "unknown", answered)
        }
    }

    private func paintSample(_ index: Int, y: Double) {
        let isOverloaded = curves[index].summary.isOverloaded
        let colour = ChartStyle.colour(index)
        let left = ChartStyle.margin
        canvas.line(
            [(left, y), (left + 78, y)], colour: isOverloaded ? colour.tinted(ChartPainter.paleness) : colour,
            width: isOverloaded ? 2.5 : 3.5, dash: ChartStyle.dash(index))
        if isOverloaded { for step in [20.0, 58] { paintCross(x: left + step, y: y, colour: colour) } }
        paintBadge(index, x: left + 100, y: y)
    }

    /// What an overloaded run shows where its percentiles would stand.
    private static func shortNote(_ summary: LatencySummary) -> String {
        var note = "OVERLOADED"
        if let offered = summary.offeredRate, let served = summary.servedRate {
            note += ": served \(Quantity.rate(served)) of \(Quantity.rate(offered))/s"
        }
        if let time = summary.overload.timeToBacklog {
            note += time == 0 ? ", from the start" : ", after \(Quantity.seconds(time))"
        }
        return note
    }
}
