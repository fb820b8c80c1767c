import Charts

/// Where the panel of the stages has its parts, in units of a picture 1400 wide.
struct StageLayout {
    static let rowHeight = 46.0
    static let barHeight = 30.0
    static let barLeft = 330.0
    static let barRight = ChartStyle.width - ChartStyle.margin - 120

    /// The top of the panel.
    let top: Double
    /// How many bars there are.
    let rows: Int
    /// Latency along the bars, linear, as lengths add up.
    let axis: AxisScale
    /// What must be known to read the bars.
    let notes: [String]

    init(_ canvas: Canvas, curves: [CDFCurve], top: Double) {
        self.top = top
        rows = curves.count
        // An overloaded run lasts as long as it was measured: its bar is cut off where it would dwarf the others.
        let steady = curves.filter { !$0.summary.isOverloaded && $0.summary.stages != nil }
        let shown = (steady.isEmpty ? curves : steady).compactMap(\.summary.stages)
        let (ahead, behind) = (shown.map(\.ahead).max() ?? 0, curves.compactMap(\.summary.stages?.behind).min() ?? 0)
        axis = AxisScale(
            least: Int64(max(-9e18, behind)), greatest: Int64(min(9e18, ahead)), logarithmic: false)
        let limit = ChartStyle.width - 2 * ChartStyle.margin
        notes = curves.flatMap { curve -> [String] in
            guard let note = curve.summary.stages?.clockNote else { return [] }
            return canvas.wrap(
                "\(curve.label): \(note).", size: ChartStyle.axisSize, limit: limit, lines: 2)
        }
    }

    var headingBaseline: Double { top + 44 }
    var keyMiddle: Double { top + 74 }
    private var barsTop: Double { top + 98 }
    var barsBottom: Double { barsTop + Double(rows) * StageLayout.rowHeight }
    var axisTitleBaseline: Double { barsBottom + 62 }
    var height: Double { axisTitleBaseline + 14 + Double(notes.count) * ChartLayout.lineHeight + 14 - top }

    /// The middle of a curve's bar.
    func middle(_ index: Int) -> Double { barsTop + (Double(index) + 0.5) * StageLayout.rowHeight }

    func x(_ nanoseconds: Double) -> Double {
        StageLayout.barLeft + (StageLayout.barRight - StageLayout.barLeft) * axis.position(nanoseconds)
    }

    /// The part of a bar that each stage takes, from one value to another: to the right from 0, the negative to the left.
    static func spans(_ stages: StageBreakdown) -> [(part: StageBreakdown.Part, from: Double, to: Double)] {
        var (ahead, behind) = (0.0, 0.0)
        return stages.parts.map { part in
            if part.mean < 0 {
                behind += part.mean
                return (part, behind, behind - part.mean)
            }
            ahead += part.mean
            return (part, ahead - part.mean, ahead)
        }
    }
}

extension StageBreakdown {
    /// How far the bar reaches beyond 0, in nanoseconds.
    fileprivate var ahead: Double { parts.reduce(0) { $0 + max(0, $1.mean) } }
    /// How far it reaches below 0, where clocks differ.
    fileprivate var behind: Double { parts.reduce(0) { $0 + min(0, $1.mean) } }
}
