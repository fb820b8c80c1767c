import Charts

/// Where the parts of a chart lie, in units of a picture 1400 wide.
struct ChartLayout {
    let subtitle: [String]
    let notice: [String]
    /// The top of the notice band; its height is 0 where there is none.
    let noticeTop: Double
    let noticeHeight: Double
    let plotLeft: Double
    let plotRight: Double
    let plotTop: Double
    let plotBottom: Double
    /// The top of the legend's heading.
    let legendTop: Double
    /// The panel of the stages; nil where it was not asked for.
    let stages: StageLayout?
    /// The whole picture's height.
    let height: Double
    let axis: AxisScale

    static let lineHeight = 30.0
    private static let least = 430.0

    init(_ canvas: Canvas, curves: [CDFCurve], options: CDFChart.Options, height wanted: Double) {
        let inner = ChartStyle.width - 2 * ChartStyle.margin
        subtitle = canvas.wrap(options.subtitle, size: ChartStyle.subtitleSize, limit: inner, lines: 2)
        notice = canvas.wrap(
            ChartPainter.notice(options, curves), size: ChartStyle.noticeSize, bold: true, limit: inner - 32, lines: 3)
        noticeTop = 66 + Double(subtitle.count) * ChartLayout.lineHeight + 14
        noticeHeight = notice.isEmpty ? 0 : Double(notice.count) * ChartLayout.lineHeight + 14
        plotLeft = 150
        plotRight = ChartStyle.width - 86
        plotTop = noticeTop + noticeHeight + (notice.isEmpty ? 16 : 34)
        let legend = Double(curves.count + 1) * ChartStyle.legendRow + 4
        plotBottom = max(plotTop + ChartLayout.least, wanted - legend - 96)
        legendTop = plotBottom + 96
        stages = options.stages ? StageLayout(canvas, curves: curves, top: legendTop + legend) : nil
        height = legendTop + legend + (stages?.height ?? 0)
        let points = curves.flatMap { [$0.points.first, $0.points.last] }.compactMap { $0?.value }
        axis = AxisScale(
            least: points.min() ?? 1_000_000, greatest: points.max() ?? 10_000_000, logarithmic: options.axis == .log)
    }

    func x(_ value: Double) -> Double {
        plotLeft + (plotRight - plotLeft) * axis.position(value)
    }

    func y(_ fraction: Double) -> Double {
        plotBottom - (plotBottom - plotTop) * fraction
    }
}
