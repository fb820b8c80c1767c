import FoundationEssentials

/// A report as one HTML file that needs no other: its pictures are inside.
enum ReportHTML {
    /// - Parameter picture: the SVG file of a picture.
    static func render(
        title: String, _ blocks: [ReportBlock], picture: (_ name: String) throws -> [UInt8]
    ) rethrows -> String {
        var body = ""
        for block in blocks {
            switch block {
            case .answer(let text): body += "<p class=\"answer\">\(escaped(text))</p>\n<h1>\(escaped(title))</h1>\n"
            case .heading(let text): body += "<h2>\(escaped(text))</h2>\n"
            case .paragraph(let text): body += "<p>\(escaped(text))</p>\n"
            case .list(let items):
                body += "<ul>\n" + items.map { "<li>\(escaped($0))</li>\n" }.joined() + "</ul>\n"
            case .table(let headings, let rows): body += table(headings, rows)
            case .picture(let name, let caption):
                // As a picture of its own, not as part of the page: names within one SVG file would meet another's.
                let data = Data(try picture(name)).base64EncodedString()
                body += "<figure><img src=\"data:image/svg+xml;base64,\(data)\" alt=\"\(escaped(caption))\">"
                body += "<figcaption>\(escaped(caption))</figcaption></figure>\n"
            }
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <style>\(style)</style>
            </head>
            <body>
            <main>
            \(body)</main>
            </body>
            </html>

            """
    }

    private static func table(_ headings: [String], _ rows: [[String]]) -> String {
        func cells(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>\n"
        }
        return "<div class=\"table\"><table>\n<thead>\(cells(headings, "th"))</thead>\n<tbody>\n"
            + rows.map { cells($0, "td") }.joined() + "</tbody>\n</table></div>\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    private static let style = """
        body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 0; }
        main { max-width: 1120px; margin: 0 auto; padding: 24px; }
        h1 { font-size: 1.3em; color: #4d4d4d; font-weight: 600; margin: 0 0 1em; }
        h2 { font-size: 1.2em; margin: 1.8em 0 0.5em; }
        .answer { font-size: 1.6em; line-height: 1.3; font-weight: 700; margin: 0.4em 0; }
        .table { overflow-x: auto; }
        table { border-collapse: collapse; font-size: 0.9em; font-variant-numeric: tabular-nums; }
        th, td { padding: 5px 9px; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
        th { border-bottom: 2px solid #333; vertical-align: bottom; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        figure { margin: 1em 0; }
        img { max-width: 100%; height: auto; }
        figcaption { color: #4d4d4d; font-size: 0.9em; }
        """
}
