import CCairo

/// A cairo surface to draw on: a picture of pixels, or an SVG in memory. The only place that sees cairo.
public final class Canvas {
    /// The forms of a picture.
    public enum Kind: Sendable { case png, svg }
    /// Where a text lies beside its point.
    public enum Alignment: Sendable { case left, centre, right }
    /// A pattern in a rectangle.
    public enum Hatch: Sendable { case none, dots, rising, falling }

    /// What cairo's write function appends to; kept alive by the canvas for as long as the surface may write.
    private final class Sink {
        var bytes: [UInt8] = []
    }

    private let kind: Kind
    private let surface: OpaquePointer
    private let context: OpaquePointer
    private let sink = Sink()

    private static let append:
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, UInt32) -> cairo_status_t = {
            closure, data, count in
            let sink = Unmanaged<Sink>.fromOpaque(closure!).takeUnretainedValue()
            sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
            return CAIRO_STATUS_SUCCESS
        }

    /// A white canvas.
    ///
    /// - Parameters:
    ///   - width: pixels.
    ///   - height: pixels.
    ///   - scale: pixels per unit of everything drawn.
    public init(_ kind: Kind, width: Int, height: Int, scale: Double) {
        self.kind = kind
        switch kind {
        case .png: surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
        case .svg:
            let closure = Unmanaged.passUnretained(sink).toOpaque()
            surface = cairo_svg_surface_create_for_stream(Canvas.append, closure, Double(width), Double(height))
            cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX)
        }
        context = cairo_create(surface)
        // Without hinting a text is as wide in the SVG as in the PNG, and scales evenly.
        let fontOptions = cairo_font_options_create()
        cairo_font_options_set_antialias(fontOptions, CAIRO_ANTIALIAS_GRAY)
        cairo_font_options_set_hint_style(fontOptions, CAIRO_HINT_STYLE_NONE)
        cairo_font_options_set_hint_metrics(fontOptions, CAIRO_HINT_METRICS_OFF)
        cairo_set_font_options(context, fontOptions)
        cairo_font_options_destroy(fontOptions)
        cairo_set_source_rgb(context, 1, 1, 1)
        cairo_paint(context)
        cairo_scale(context, scale, scale)
        cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    }

    deinit {
        cairo_destroy(context)
        cairo_surface_destroy(surface)
    }

    /// Ends the drawing and gives the file's bytes.
    ///
    /// - Throws: where cairo could not draw or encode (no memory, a size beyond its limits).
    public func finish() throws(ChartError) -> [UInt8] {
        var status = cairo_status(context)
        if status == CAIRO_STATUS_SUCCESS {
            switch kind {
            case .png:
                let closure = Unmanaged.passUnretained(sink).toOpaque()
                status = cairo_surface_write_to_png_stream(surface, Canvas.append, closure)
            case .svg:
                cairo_surface_finish(surface)
                status = cairo_surface_status(surface)
            }
        }
        guard status == CAIRO_STATUS_SUCCESS else {
            throw ChartError("cannot draw the chart: \(String(cString: cairo_status_to_string(status)))")
        }
        return sink.bytes
    }

    // MARK: - Shapes

    /// Strokes an open line through points.
    public func line(_ points: [(x: Double, y: Double)], colour: Colour, width: Double, dash: [Double] = []) {
        guard let first = points.first else { return }
        cairo_move_to(context, first.x, first.y)
        for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
        set(colour)
        cairo_set_line_width(context, width)
        cairo_set_dash(context, dash, Int32(dash.count), 0)
        cairo_stroke(context)
        cairo_set_dash(context, nil, 0, 0)
    }

    /// Fills a circle, with a border where one is asked for.
    public func circle(x: Double, y: Double, radius: Double, fill: Colour, border: Colour? = nil, width: Double = 0) {
        cairo_new_path(context)
        cairo_arc(context, x, y, radius, 0, 2 * Double.pi)
        set(fill)
        cairo_fill_preserve(context)
        if let border {
            set(border)
            cairo_set_line_width(context, width)
            cairo_stroke_preserve(context)
        }
        cairo_new_path(context)
    }

    /// Fills a rectangle and strokes its border, where they are asked for.
    public func rectangle(
        x: Double, y: Double, width: Double, height: Double, fill: Colour?, border: Colour? = nil, line: Double = 0
    ) {
        cairo_rectangle(context, x, y, width, height)
        if let fill {
            set(fill)
            cairo_fill_preserve(context)
        }
        if let border {
            set(border)
            cairo_set_line_width(context, line)
            cairo_stroke_preserve(context)
        }
        cairo_new_path(context)
    }

    /// Draws a pattern over a rectangle, the same wherever the rectangle begins.
    public func hatch(_ hatch: Hatch, x: Double, y: Double, width: Double, height: Double, colour: Colour) {
        guard hatch != .none, width > 0 else { return }
        cairo_save(context)
        cairo_rectangle(context, x, y, width, height)
        cairo_clip(context)
        set(colour)
        let spacing = hatch == .dots ? 9.0 : 10.0
        var start = (x / spacing).rounded(.down) * spacing - height
        while start < x + width {
            switch hatch {
            case .none: break
            case .dots:
                for row in 0..<Int(height / spacing) + 1 {
                    let shift = row % 2 == 0 ? 0 : spacing / 2
                    cairo_new_sub_path(context)
                    cairo_arc(context, start + height + shift, y + (Double(row) + 0.5) * spacing, 1.4, 0, 2 * Double.pi)
                }
            case .rising:
                cairo_move_to(context, start, y + height)
                cairo_line_to(context, start + height, y)
            case .falling:
                cairo_move_to(context, start, y)
                cairo_line_to(context, start + height, y + height)
            }
            start += spacing
        }
        cairo_set_line_width(context, 1.6)
        if hatch == .dots { cairo_fill(context) } else { cairo_stroke(context) }
        cairo_restore(context)
    }

    private func set(_ colour: Colour) {
        cairo_set_source_rgb(context, colour.red, colour.green, colour.blue)
    }

    // MARK: - Text

    /// Draws a line of text in DejaVu Sans.
    ///
    /// - Parameters:
    ///   - y: of the baseline.
    ///   - limit: the width it must fit into: it shrinks to four fifths of its size first, then loses its middle, as the
    ///     ends of names tell them apart.
    ///   - upwards: turned to be read from below.
    public func text(
        _ text: String, x: Double, y: Double, size: Double, bold: Bool = false, colour: Colour,
        align: Alignment = .left, limit: Double = .infinity, upwards: Bool = false
    ) {
        var shown = Canvas.printable(text)
        var size = size
        var width = self.width(of: shown, size: size, bold: bold)
        if width > limit {
            size = max(size * 0.8, size * limit / width)
            width = self.width(of: shown, size: size, bold: bold)
            let whole = shown
            var kept = whole.count - 1
            while width > limit, kept > 1 {
                shown = whole.prefix(kept - kept / 2) + "…" + whole.suffix(kept / 2)
                width = self.width(of: shown, size: size, bold: bold)
                kept -= 1
            }
        }
        let shift =
            switch align {
            case .left: 0.0
            case .centre: -width / 2
            case .right: -width
            }
        cairo_save(context)
        set(colour)
        cairo_move_to(context, x, y)
        if upwards { cairo_rotate(context, -Double.pi / 2) }
        cairo_rel_move_to(context, shift, 0)
        cairo_show_text(context, shown)
        cairo_restore(context)
    }

    /// How wide a text is.
    public func width(of text: String, size: Double, bold: Bool = false) -> Double {
        if let typeface = Typeface.bundled {
            cairo_set_font_face(context, bold ? typeface.bold : typeface.regular)
        } else {
            let weight = bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL
            cairo_select_font_face(context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, weight)
        }
        cairo_set_font_size(context, size)
        var extents = cairo_text_extents_t()
        cairo_text_extents(context, Canvas.printable(text), &extents)
        return extents.x_advance
    }

    /// Where texts get their letters from; nil where there is no font.
    public static var font: String? {
        if Typeface.bundled != nil { return "DejaVu Sans, beside the program" }
        let canvas = Canvas(.png, width: 1, height: 1, scale: 1)
        let (narrow, wide) = (canvas.width(of: "i", size: 10), canvas.width(of: "M", size: 10))
        return narrow > 0 && wide > narrow ? "the system's" : nil
    }

    /// Breaks a text at its spaces into lines that fit.
    ///
    /// - Parameter lines: how many lines at most; the last one then holds the rest.
    public func wrap(_ text: String, size: Double, bold: Bool = false, limit: Double, lines: Int) -> [String] {
        var wrapped: [String] = []
        for word in text.split(separator: " ") {
            if let last = wrapped.last {
                let longer = last + " " + word
                if wrapped.count == lines || width(of: longer, size: size, bold: bold) <= limit {
                    wrapped[wrapped.count - 1] = longer
                    continue
                }
            }
            wrapped.append(String(word))
        }
        return wrapped
    }

    /// The text without control characters, which no font shows.
    public static func printable(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            shown.append(scalar.value < 32 || (127..<160).contains(scalar.value) ? " " : scalar)
        }
        return String(shown)
    }
}
