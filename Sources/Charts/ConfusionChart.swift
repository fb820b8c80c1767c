/// Draws a confusion matrix: a row for each class that is in the pictures, a column for each it was taken for.
///
/// The darker a cell, the larger its share of the row, on a scale of square roots: one picture of a hundred must be seen
/// beside ninety. It is one hue from white to nearly black, which needs no sense of colour.
public struct ConfusionChart {
    /// Up to how many classes have their names along the sides.
    static let mostNames = 130
    private static let plotTop = 132.0
    private static let legendRoom = 150.0

    private let matrix: ConfusionMatrix
    private let title: String
    private let subtitle: String

    /// - Parameters:
    ///   - title: the heading.
    ///   - subtitle: what was classified, by what.
    public init(_ matrix: ConfusionMatrix, title: String, subtitle: String) {
        self.matrix = matrix
        self.title = title
        self.subtitle = subtitle
    }

    /// The chart as a PNG file.
    ///
    /// - Throws: where cairo fails.
    public func png() throws(ChartError) -> [UInt8] {
        try draw(.png)
    }

    /// The chart as an SVG file.
    ///
    /// - Throws: where cairo fails.
    public func svg() throws(ChartError) -> [UInt8] {
        SVGText.adding(title: title, description: [subtitle], to: try draw(.svg))
    }

    /// The colour of a share from 0 to 1.
    static func colour(_ share: Double) -> Colour {
        let depth = max(0, min(1, share)).squareRoot()
        let light = Colour(0xFFFFFF), middle = Colour(0x4A8CC2), dark = Colour(0x08203F)
        return depth < 0.5 ? light.mixed(with: middle, depth * 2) : middle.mixed(with: dark, depth * 2 - 1)
    }

    // MARK: - Drawing

    private var showsNames: Bool { matrix.columns.count <= ConfusionChart.mostNames }

    private func draw(_ kind: Canvas.Kind) throws(ChartError) -> [UInt8] {
        let names = showsNames ? nameRoom : 40
        let left = ChartStyle.margin + names
        let side = ChartStyle.width - left - ChartStyle.margin
        let cell = min(60, side / Double(matrix.columns.count))
        let bottom = ConfusionChart.plotTop + cell * Double(matrix.rows.count)
        let height = bottom + names + ConfusionChart.legendRoom
        let canvas = Canvas(kind, width: Int(ChartStyle.width), height: Int(height.rounded(.up)), scale: 1)
        paintHeadings(canvas)
        paintCells(canvas, left: left, cell: cell)
        if showsNames { paintNames(canvas, left: left, bottom: bottom, cell: cell) }
        paintLegend(canvas, left: left, top: bottom + names + 20)
        return try canvas.finish()
    }

    /// Room for the longest name, up to a limit.
    private var nameRoom: Double {
        let measuring = Canvas(.png, width: 16, height: 16, scale: 1)
        let cell = (ChartStyle.width - 4 * ChartStyle.margin) / Double(matrix.columns.count)
        let longest = matrix.columns.map { measuring.width(of: $0, size: nameSize(cell)) }.max() ?? 0
        return min(240, longest + 14)
    }

    private func nameSize(_ cell: Double) -> Double { min(ChartStyle.axisSize, cell * 0.95) }

    private func paintHeadings(_ canvas: Canvas) {
        let inner = ChartStyle.width - 2 * ChartStyle.margin
        canvas.text(
            title, x: ChartStyle.margin, y: 52, size: ChartStyle.titleSize, bold: true, colour: ChartStyle.text,
            limit: inner)
        canvas.text(
            subtitle, x: ChartStyle.margin, y: 88, size: ChartStyle.subtitleSize, colour: ChartStyle.quiet, limit: inner
        )
    }

    private func paintCells(_ canvas: Canvas, left: Double, cell: Double) {
        for row in matrix.rows.indices {
            for column in matrix.columns.indices where matrix.counts[row][column] > 0 {
                canvas.rectangle(
                    x: left + Double(column) * cell, y: ConfusionChart.plotTop + Double(row) * cell, width: cell,
                    height: cell, fill: ConfusionChart.colour(matrix.share(row, column)))
            }
        }
        let width = cell * Double(matrix.columns.count)
        for line in stride(from: 0, through: matrix.rows.count, by: showsNames ? 5 : 50) {
            let offset = Double(line) * cell
            for points in [
                [(left, ConfusionChart.plotTop + offset), (left + width, ConfusionChart.plotTop + offset)],
                [
                    (left + offset, ConfusionChart.plotTop),
                    (left + offset, ConfusionChart.plotTop + cell * Double(matrix.rows.count)),
                ],
            ] { canvas.line(points, colour: Colour(0xD0D0D0), width: 0.8) }
        }
        canvas.rectangle(
            x: left, y: ConfusionChart.plotTop, width: width, height: cell * Double(matrix.rows.count), fill: nil,
            border: ChartStyle.frame, line: 1.5)
    }

    private func paintNames(_ canvas: Canvas, left: Double, bottom: Double, cell: Double) {
        let size = nameSize(cell)
        for (index, name) in matrix.rows.enumerated() {
            canvas.text(
                name, x: left - 6, y: ConfusionChart.plotTop + (Double(index) + 0.5) * cell + size * 0.35, size: size,
                colour: ChartStyle.text, align: .right, limit: 230)
        }
        for (index, name) in matrix.columns.enumerated() {
            canvas.text(
                name, x: left + (Double(index) + 0.5) * cell + size * 0.35, y: bottom + 6, size: size,
                colour: ChartStyle.text, align: .right, limit: 230, upwards: true)
        }
    }

    private func paintLegend(_ canvas: Canvas, left: Double, top: Double) {
        let words = "Rows: what is in the picture. Columns: what it was taken for."
        canvas.text(
            words, x: ChartStyle.margin, y: top + 18, size: ChartStyle.axisSize, colour: ChartStyle.quiet)
        let (width, steps) = (420.0, 105)
        let start = ChartStyle.width - ChartStyle.margin - width
        // Even steps of the root, as the colours are.
        for step in 0..<steps {
            let root = (Double(step) + 0.5) / Double(steps)
            canvas.rectangle(
                x: start + Double(step) * width / Double(steps), y: top + 34, width: width / Double(steps) + 0.5,
                height: 22, fill: ConfusionChart.colour(root * root))
        }
        canvas.rectangle(
            x: start, y: top + 34, width: width, height: 22, fill: nil, border: ChartStyle.frame, line: 1)
        canvas.text(
            "share of the row", x: start + width, y: top + 18, size: ChartStyle.axisSize, colour: ChartStyle.quiet,
            align: .right)
        for share in [0.0, 0.01, 0.05, 0.2, 0.5, 1] {
            canvas.text(
                "\(Int(share * 100)) %", x: start + share.squareRoot() * width, y: top + 80, size: 17,
                colour: ChartStyle.text, align: .centre)
        }
    }
}
