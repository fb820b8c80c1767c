import Charts

/// Paints a chart's parts onto a canvas: texts, axes, curves. The legend is in `ChartPainter+Legend.swift`,
/// the panel of the stages in `ChartPainter+Stages.swift`.
struct ChartPainter {
    let canvas: Canvas
    let layout: ChartLayout
    let curves: [CDFCurve]
    let options: CDFChart.Options

    /// How much of its colour an overloaded curve keeps.
    static let paleness = 0.5

    func paint() {
        paintTexts()
        paintGrid()
        paintAxes()
        // Overloaded curves lie beneath the others.
        for index in curves.indices where curves[index].summary.isOverloaded { paintCurve(index) }
        for index in curves.indices where !curves[index].summary.isOverloaded { paintCurve(index) }
        paintBadges()
        paintLegend()
        if let stages = layout.stages { paint(stages) }
    }

    /// The notice line: what was asked for, then what the runs themselves say.
    static func notice(_ options: CDFChart.Options, _ curves: [CDFCurve]) -> String {
        let overloaded = curves.filter(\.summary.isOverloaded).map(\.label)
        let all = overloaded.count == curves.count ? "every run" : overloaded.joined(separator: ", ")
        let unknown = curves.compactMap { curve in curve.summary.unknownNote.map { "\(curve.label): \($0)" } }
        let parts = [options.notice, overloaded.isEmpty ? "" : "OVERLOADED, no steady state: \(all)"] + unknown
        return parts.filter { !$0.isEmpty }.joined(separator: "  ·  ")
    }

    // MARK: - Texts and axes

    private func paintTexts() {
        let inner = ChartStyle.width - 2 * ChartStyle.margin
        canvas.text(
            options.title, x: ChartStyle.margin, y: 52, size: ChartStyle.titleSize, bold: true,
            colour: ChartStyle.text, limit: inner)
        for (index, line) in layout.subtitle.enumerated() {
            canvas.text(
                line, x: ChartStyle.margin, y: 88 + Double(index) * ChartLayout.lineHeight,
                size: ChartStyle.subtitleSize, colour: ChartStyle.quiet, limit: inner)
        }
        guard !layout.notice.isEmpty else { return }
        canvas.rectangle(
            x: ChartStyle.margin, y: layout.noticeTop, width: inner, height: layout.noticeHeight,
            fill: ChartStyle.noticeFill, border: ChartStyle.noticeText, line: 1.5)
        for (index, line) in layout.notice.enumerated() {
            canvas.text(
                line, x: ChartStyle.margin + 16, y: layout.noticeTop + 30 + Double(index) * ChartLayout.lineHeight,
                size: ChartStyle.noticeSize, bold: true, colour: ChartStyle.noticeText, limit: inner - 32)
        }
    }

    private func paintGrid() {
        for tick in layout.axis.ticks {
            let x = layout.x(tick.value)
            canvas.line(
                [(x, layout.plotTop), (x, layout.plotBottom)], colour: ChartStyle.grid,
                width: tick.label == nil ? 0.8 : 1.6)
        }
        for step in 1..<5 {
            let y = layout.y(Double(step) / 5)
            canvas.line([(layout.plotLeft, y), (layout.plotRight, y)], colour: ChartStyle.grid, width: 1.6)
        }
        // The labels of the percentiles keep their distance: p99 lies close under the frame.
        var free = Double.infinity
        for (name, fraction) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)] {
            let y = layout.y(fraction)
            canvas.line([(layout.plotLeft, y), (layout.plotRight, y)], colour: ChartStyle.reference, width: 1.3)
            let labelY = min(y, free)
            free = labelY - 23
            canvas.line(
                [(layout.plotRight, y), (layout.plotRight + 14, labelY)], colour: ChartStyle.reference, width: 1.3)
            canvas.text(
                name, x: layout.plotRight + 20, y: labelY + 7, size: ChartStyle.axisSize - 1, colour: ChartStyle.text)
        }
    }

    private func paintAxes() {
        canvas.line(
            [
                (layout.plotLeft, layout.plotTop), (layout.plotRight, layout.plotTop),
                (layout.plotRight, layout.plotBottom), (layout.plotLeft, layout.plotBottom),
                (layout.plotLeft, layout.plotTop - 0.75),
            ], colour: ChartStyle.frame, width: 1.5)
        for step in 0...5 {
            canvas.text(
                "\(step * 20) %", x: layout.plotLeft - 12, y: layout.y(Double(step) / 5) + 7.5,
                size: ChartStyle.axisSize, colour: ChartStyle.text, align: .right)
        }
        var free = -Double.infinity
        for tick in layout.axis.ticks {
            guard let label = tick.label else { continue }
            let x = layout.x(tick.value)
            let half = canvas.width(of: label, size: ChartStyle.axisSize) / 2
            guard x - half > free else { continue }
            free = x + half + 12
            canvas.line(
                [(x, layout.plotBottom), (x, layout.plotBottom + 7)], colour: ChartStyle.frame, width: 1.5)
            canvas.text(
                label, x: x, y: layout.plotBottom + 31, size: ChartStyle.axisSize, colour: ChartStyle.text,
                align: .centre)
        }
        let scale = layout.axis.isLogarithmic ? " (logarithmic)" : ""
        canvas.text(
            "latency, from the instant an image was planned to its result\(scale)",
            x: (layout.plotLeft + layout.plotRight) / 2, y: layout.plotBottom + 64, size: ChartStyle.axisSize,
            colour: ChartStyle.quiet, align: .centre)
        canvas.text(
            "share of images answered", x: 52, y: (layout.plotTop + layout.plotBottom) / 2,
            size: ChartStyle.axisSize, colour: ChartStyle.quiet, align: .centre, upwards: true)
    }

    // MARK: - Curves

    private func paintCurve(_ index: Int) {
        let curve = curves[index]
        guard let first = curve.points.first, let last = curve.points.last else { return }
        let isOverloaded = curve.summary.isOverloaded
        let colour = ChartStyle.colour(index)
        var path = [(x: layout.x(Double(first.value)), y: layout.y(0))]
        for point in curve.points {
            let x = layout.x(Double(point.value))
            let y = layout.y(point.fraction)
            // Steps finer than a picture can show are left out.
            let end = path[path.count - 1]
            if x - end.x < 0.5, end.y - y < 0.5, point != last { continue }
            path.append((x, end.y))
            path.append((x, y))
        }
        // What was never answered would come at the far right: the curve goes on, flat.
        if last.fraction < 1 { path.append((layout.plotRight, layout.y(last.fraction))) }
        canvas.line(
            path, colour: isOverloaded ? colour.tinted(ChartPainter.paleness) : colour, width: isOverloaded ? 2.5 : 3.5,
            dash: ChartStyle.dash(index))
        if isOverloaded {
            for step in 1...9 {
                let fraction = Double(step) / 10 * curve.top
                paintCross(x: x(of: curve, at: fraction), y: layout.y(fraction), colour: colour)
            }
        } else {
            for percentile in curve.summary.percentiles {
                guard let value = percentile.value else { continue }
                canvas.circle(
                    x: layout.x(Double(value)), y: layout.y(percentile.percent / 100), radius: 5, fill: colour,
                    border: ChartStyle.white, width: 1)
            }
        }
    }

    /// The mark of an overloaded curve.
    func paintCross(x: Double, y: Double, colour: Colour) {
        canvas.line([(x - 5, y - 5), (x + 5, y + 5)], colour: colour, width: 2)
        canvas.line([(x - 5, y + 5), (x + 5, y - 5)], colour: colour, width: 2)
    }

    /// Where a curve reaches a fraction.
    private func x(of curve: CDFCurve, at fraction: Double) -> Double {
        let point = curve.points.first { $0.fraction >= fraction - 1e-12 } ?? curve.points.last
        return layout.x(Double(point?.value ?? 0))
    }

    // MARK: - Badges

    /// Each curve bears its short name where it is farthest from the others.
    private func paintBadges() {
        var placed: [(x: Double, y: Double)] = []
        for index in curves.indices where !curves[index].points.isEmpty {
            let curve = curves[index]
            let candidates = stride(from: 0.12, through: 0.84, by: 0.04).map { $0 * curve.top }
            let spots = candidates.map { fraction -> (room: Double, x: Double, y: Double) in
                let x = x(of: curve, at: fraction)
                let y = layout.y(fraction)
                var room = 120.0
                for other in curves.indices where other != index && fraction < curves[other].top {
                    room = min(room, abs(self.x(of: curves[other], at: fraction) - x))
                }
                for badge in placed {
                    let distance = ((badge.x - x) * (badge.x - x) + (badge.y - y) * (badge.y - y)).squareRoot()
                    if distance < 36 { room -= 1000 - distance }
                }
                return (room, x, y)
            }
            // Of the spots with about as much room, that nearest to the middle looks best.
            let best = spots.map(\.room).max() ?? 0
            let middle = layout.y(0.3)
            guard
                let spot = spots.filter({ $0.room >= best - 4 }).min(by: { abs($0.y - middle) < abs($1.y - middle) })
            else { continue }
            placed.append((spot.x, spot.y))
            paintBadge(index, x: spot.x, y: spot.y)
        }
    }

    /// The short name of a curve in a circle of its colour.
    func paintBadge(_ index: Int, x: Double, y: Double) {
        canvas.circle(
            x: x, y: y, radius: 15, fill: ChartStyle.white, border: ChartStyle.colour(index), width: 3)
        canvas.text(
            curves[index].tag, x: x, y: y + 6.5, size: 18, bold: true, colour: ChartStyle.text, align: .centre,
            limit: 24)
    }
}
