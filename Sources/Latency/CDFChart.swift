import Charts

/// Draws latency distributions: one curve per run, as PNG and as SVG, and below them where the latency went, if asked.
///
/// A curve tops out below 100 % where images were not answered. An overloaded run is named in the notice line, drawn
/// pale with crosses, and has no percentiles in the legend.
public enum CDFChart {
    /// The scale of the latency axis.
    public enum Axis: String, Sendable, CaseIterable {
        /// Logarithmic: equal ratios are equally far apart.
        case log
        /// Linear, from 0.
        case linear
    }

    /// What a chart says beside its curves, and how large it is.
    public struct Options: Sendable {
        /// The heading.
        public var title: String
        /// What was measured, on what; up to two lines.
        public var subtitle: String
        /// What the reader must know ("embedded broker"), in a band above the plot; up to three lines. Overloaded runs are
        /// named there without being asked for.
        public var notice: String
        /// The scale of the latency axis.
        public var axis: Axis
        /// Whether a panel below shows the mean of each stage.
        public var stages: Bool
        /// Pixels, at least 400. All sizes follow it.
        public var width: Int
        /// Pixels, without the stages. The picture becomes higher where the legend needs it.
        public var height: Int

        /// Options with their defaults.
        public init(
            title: String = "End-to-end latency", subtitle: String = "", notice: String = "", axis: Axis = .log,
            stages: Bool = false, width: Int = 1400, height: Int = 940
        ) {
            self.title = title
            self.subtitle = subtitle
            self.notice = notice
            self.axis = axis
            self.stages = stages
            self.width = width
            self.height = height
        }
    }

    /// The chart as a PNG file.
    ///
    /// - Throws: `empty` where no curve has a point, `writeFailed` where cairo fails.
    public static func png(_ curves: [CDFCurve], options: Options = Options()) throws(LatencyError) -> [UInt8] {
        try draw(.png, curves, options)
    }

    /// The chart as an SVG file. Its texts are outlines and need no font; its title and description hold them as text.
    ///
    /// - Throws: `empty` where no curve has a point, `writeFailed` where cairo fails.
    public static func svg(_ curves: [CDFCurve], options: Options = Options()) throws(LatencyError) -> [UInt8] {
        let drawing = try draw(.svg, curves, options)
        let table = LatencyTable(curves.map(\.summary), stages: options.stages).text
        let notice = ChartPainter.notice(options, curves)
        return SVGText.adding(title: options.title, description: [options.subtitle, notice, table], to: drawing)
    }

    /// Draws the chart into files. A file that is there is replaced once the new one is whole.
    ///
    /// - Parameters:
    ///   - png: the path of the PNG; nil for none.
    ///   - svg: the path of the SVG; nil for none.
    /// - Throws: `empty`, `cannotCreate`, `writeFailed`.
    public static func draw(
        _ curves: [CDFCurve], options: Options = Options(), png: String?, svg: String?
    ) throws(LatencyError) {
        if let png { try OutputFile.write(try self.png(curves, options: options), to: png) }
        if let svg { try OutputFile.write(try self.svg(curves, options: options), to: svg) }
    }

    private static func draw(_ kind: Canvas.Kind, _ curves: [CDFCurve], _ options: Options) throws(LatencyError)
        -> [UInt8]
    {
        guard !curves.isEmpty else { throw LatencyError(.empty, "there is no curve to draw: no image was measured") }
        let scale = Double(max(400, options.width)) / ChartStyle.width
        // A first canvas measures texts only: how high the picture is depends on their lines.
        let measuring = Canvas(kind, width: 16, height: 16, scale: 1)
        let layout = ChartLayout(measuring, curves: curves, options: options, height: Double(options.height) / scale)
        let canvas = Canvas(
            kind, width: max(400, options.width), height: Int((layout.height * scale).rounded(.up)), scale: scale)
        ChartPainter(canvas: canvas, layout: layout, curves: curves, options: options).paint()
        do throws(ChartError) {
            return try canvas.finish()
        } catch {
            throw LatencyError(.writeFailed, error.message)
        }
    }
}
