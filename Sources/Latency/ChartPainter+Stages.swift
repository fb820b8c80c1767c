import Charts

extension ChartPainter {
    /// One bar per curve: the mean of each stage, side by side, as long as the mean latency.
    func paint(_ panel: StageLayout) {
        canvas.line(
            [(ChartStyle.margin, panel.top + 8), (ChartStyle.width - ChartStyle.margin, panel.top + 8)],
            colour: ChartStyle.reference, width: 1)
        canvas.text(
            "Where the latency went: mean of each stage, answered images", x: ChartStyle.margin,
            y: panel.headingBaseline,
            size: ChartStyle.stageHeadingSize, bold: true, colour: ChartStyle.text)
        paintKey(panel)
        paintScale(panel)
        for index in curves.indices { paintBar(index, panel) }
        for (index, note) in panel.notes.enumerated() {
            canvas.text(
                note, x: ChartStyle.margin,
                y: panel.axisTitleBaseline + 14 + Double(index + 1) * ChartLayout.lineHeight - 6,
                size: ChartStyle.axisSize, colour: ChartStyle.noticeText,
                limit: ChartStyle.width - 2 * ChartStyle.margin)
        }
    }

    private func paintKey(_ panel: StageLayout) {
        var x = ChartStyle.margin
        for stage in Stage.allCases {
            paintFill(stage, x: x, y: panel.keyMiddle - 11, width: 44, height: 22)
            canvas.text(
                stage.name, x: x + 54, y: panel.keyMiddle + 7.5, size: ChartStyle.legendSize, colour: ChartStyle.text)
            x += 54 + canvas.width(of: stage.name, size: ChartStyle.legendSize) + 40
        }
    }

    private func paintScale(_ panel: StageLayout) {
        let top = panel.middle(0) - StageLayout.rowHeight / 2
        var free = -Double.infinity
        for tick in panel.axis.ticks {
            let x = panel.x(tick.value)
            canvas.line(
                [(x, top), (x, panel.barsBottom)], colour: tick.value == 0 ? ChartStyle.frame : ChartStyle.grid,
                width: 1.6)
            guard let label = tick.label else { continue }
            let half = canvas.width(of: label, size: ChartStyle.axisSize) / 2
            guard x - half > free else { continue }
            free = x + half + 12
            canvas.text(
                label, x: x, y: panel.barsBottom + 26, size: ChartStyle.axisSize, colour: ChartStyle.text,
                align: .centre)
        }
        canvas.text(
            "mean latency (linear): the means of the stages add up to it, as medians would not",
            x: (StageLayout.barLeft + StageLayout.barRight) / 2, y: panel.axisTitleBaseline - 4,
            size: ChartStyle.axisSize,
            colour: ChartStyle.quiet, align: .centre)
    }

    // MARK: - Bars

    private func paintBar(_ index: Int, _ panel: StageLayout) {
        let (curve, middle) = (curves[index], panel.middle(index))
        paintBadge(index, x: ChartStyle.margin + 16, y: middle)
        canvas.text(
            curve.label, x: ChartStyle.margin + 44, y: middle + 7.5, size: ChartStyle.legendSize, bold: true,
            colour: ChartStyle.text, limit: StageLayout.barLeft - ChartStyle.margin - 60)
        guard let stages = curve.summary.stages else {
            canvas.text(
                "unknown: no image has all its instants", x: StageLayout.barLeft + 10, y: middle + 7.5,
                size: ChartStyle.legendSize, colour: ChartStyle.quiet)
            return
        }
        let top = middle - StageLayout.barHeight / 2
        let spans = StageLayout.spans(stages)
        for span in spans {
            let (left, right) = (panel.x(span.from), panel.x(span.to))
            paintFill(span.part.stage, x: left, y: top, width: right - left, height: StageLayout.barHeight)
        }
        for span in spans { paintLabel(span.part, from: panel.x(span.from), to: panel.x(span.to), middle: middle) }
        let isCut = spans.contains { $0.to > panel.axis.upper * 1.000001 }
        if isCut { paintCut(middle: middle) }
        let end = isCut ? StageLayout.barRight + 18 : panel.x(spans.map(\.to).max() ?? 0)
        canvas.text(
            Quantity.duration(mean: stages.mean), x: end + 12, y: middle + 7.5, size: ChartStyle.legendSize, bold: true,
            colour: ChartStyle.text, limit: ChartStyle.width - end - 16)
    }

    private func paintFill(_ stage: Stage, x: Double, y: Double, width: Double, height: Double) {
        guard width > 0.05 else { return }
        let fill = ChartStyle.fill(stage)
        canvas.rectangle(x: x, y: y, width: width, height: height, fill: fill.colour)
        canvas.hatch(fill.hatch, x: x, y: y, width: width, height: height, colour: fill.lines)
        canvas.rectangle(x: x, y: y, width: width, height: height, fill: nil, border: ChartStyle.frame, line: 1.2)
    }

    /// The mean in its part of the bar, where there is room for it.
    private func paintLabel(_ part: StageBreakdown.Part, from left: Double, to right: Double, middle: Double) {
        let label = Quantity.duration(mean: part.mean)
        let width = canvas.width(of: label, size: ChartStyle.stageLabelSize)
        guard right - left > width + 20 else { return }
        let centre = (left + right) / 2
        let isDark = part.stage == .inference
        if !isDark {
            // A plain ground: no letter is read over a pattern.
            let ground = ChartStyle.fill(part.stage).colour
            canvas.rectangle(
                x: centre - width / 2 - 5, y: middle - 11, width: width + 10, height: 22, fill: ground)
        }
        canvas.text(
            label, x: centre, y: middle + 7, size: ChartStyle.stageLabelSize,
            colour: isDark ? ChartStyle.white : ChartStyle.text, align: .centre)
    }

    /// The mark of a bar that goes on beyond the panel.
    private func paintCut(middle: Double) {
        let half = StageLayout.barHeight / 2 + 5
        for x in [StageLayout.barRight - 9, StageLayout.barRight - 2] {
            canvas.line([(x - 6, middle + half), (x + 6, middle - half)], colour: ChartStyle.white, width: 5)
            canvas.line([(x - 6, middle + half), (x + 6, middle - half)], colour: ChartStyle.frame, width: 1.6)
        }
    }
}
