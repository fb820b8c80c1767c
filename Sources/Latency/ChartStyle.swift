import Charts

/// Colours, line patterns and sizes of what only the chart of latencies has.
extension ChartStyle {
    static let grid = Colour(0xE4E4E4)
    static let reference = Colour(0x8C8C8C)
    static let noticeFill = Colour(0xFFF4CE)
    static let noticeText = Colour(0x5A3600)

    static let noticeSize = 22.0
    static let legendSize = 21.0
    static let legendRow = 38.0
    static let stageHeadingSize = 24.0
    static let stageLabelSize = 19.0

    /// Okabe and Ito's palette, told apart by the colour-blind; its yellow, hardly seen on white, is left out, and the
    /// grey added that R's `palette.colors` has.
    static let colours = [
        Colour(0x0072B2), Colour(0xD55E00), Colour(0x009E73), Colour(0xCC79A7), Colour(0xE69F00), Colour(0x56B4E9),
        Colour(0x000000), Colour(0x999999),
    ]

    /// Dashes and gaps: they tell the curves apart in black and white.
    static let dashes: [[Double]] = [
        [], [14, 6], [4, 4], [18, 5, 4, 5], [26, 7], [10, 4, 3, 4, 3, 4], [2, 6], [20, 5, 8, 5],
    ]

    /// The colour of a curve; each further eight begin one pattern later, so that no pair repeats before 64.
    static func colour(_ index: Int) -> Colour { colours[index % colours.count] }

    /// The line pattern of a curve.
    static func dash(_ index: Int) -> [Double] { dashes[(index + index / colours.count) % dashes.count] }

    // MARK: - Stages

    /// What a stage's part of a bar is filled with. Light and dark follow each other, and the patterns tell the light
    /// ones apart without colour.
    struct StageFill {
        let colour: Colour
        let hatch: Canvas.Hatch
        let lines: Colour
    }

    /// Paul Tol's pale and dark colours, which no curve has: https://personal.sron.nl/~pault/
    static func fill(_ stage: Stage) -> StageFill {
        switch stage {
        case .send: StageFill(colour: Colour(0xFFFFFF), hatch: .dots, lines: Colour(0x555555))
        case .queue: StageFill(colour: Colour(0xBBCCEE), hatch: .none, lines: Colour(0x222255))
        case .decode: StageFill(colour: Colour(0xEEEEBB), hatch: .rising, lines: Colour(0x666633))
        case .inference: StageFill(colour: Colour(0x225555), hatch: .none, lines: Colour(0x225555))
        case .return: StageFill(colour: Colour(0xFFCCCC), hatch: .falling, lines: Colour(0x663333))
        }
    }
}
