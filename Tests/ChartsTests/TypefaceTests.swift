import CCairo
import Foundation
import TestSupport
import Testing

@testable import Charts

@Suite struct TypefaceTests {
    private let system = "/usr/share/fonts/truetype/dejavu"

    /// How wide a text is in a font face, with the canvas's font options.
    private func width(_ text: String, _ face: OpaquePointer) -> Double {
        let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 16, 16)
        defer { cairo_surface_destroy(surface) }
        let context = cairo_create(surface)
        defer { cairo_destroy(context) }
        let options = cairo_font_options_create()
        defer { cairo_font_options_destroy(options) }
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        cairo_set_font_options(context, options)
        cairo_set_font_face(context, face)
        cairo_set_font_size(context, 20)
        var extents = cairo_text_extents_t()
        cairo_text_extents(context, text, &extents)
        return extents.x_advance
    }

    @Test func filesGiveTheWidthsOfTheInstalledFont() throws {
        let typeface = try #require(Typeface(folder: system))
        let canvas = Canvas(.png, width: 16, height: 16, scale: 1)
        for text in ["producers", "99.9 %", "Größe µs …"] {
            let regular = width(text, typeface.regular)
            let bold = width(text, typeface.bold)
            #expect(abs(regular - canvas.width(of: text, size: 20)) < 0.01)
            #expect(abs(bold - canvas.width(of: text, size: 20, bold: true)) < 0.01)
            #expect(bold > regular)
        }
    }

    @Test func aFolderWithoutBothFontsHasNone() throws {
        let folder = TemporaryFolder()
        #expect(Typeface(folder: folder.path) == nil)
        let font = try Data(contentsOf: URL(fileURLWithPath: system + "/DejaVuSans.ttf"))
        try font.write(to: URL(fileURLWithPath: folder.file("DejaVuSans.ttf")))
        #expect(Typeface(folder: folder.path) == nil)
        try Data("no font".utf8).write(to: URL(fileURLWithPath: folder.file("DejaVuSans-Bold.ttf")))
        #expect(Typeface(folder: folder.path) == nil)
        try font.write(to: URL(fileURLWithPath: folder.file("DejaVuSans-Bold.ttf")))
        #expect(Typeface(folder: folder.path) != nil)
    }
}
