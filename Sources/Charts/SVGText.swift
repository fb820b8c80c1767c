/// What an SVG file says in words. cairo draws texts as outlines, which need no font and cannot be searched or read aloud.
public enum SVGText {
    /// A drawing with a title and a description as its first elements.
    ///
    /// - Parameters:
    ///   - description: paragraphs; empty ones are left out.
    ///   - drawing: what a canvas gave.
    public static func adding(title: String, description: [String], to drawing: [UInt8]) -> [UInt8] {
        let description = description.filter { !$0.isEmpty }.joined(separator: "\n")
        let words = "<title>\(escaped(title))</title>\n<desc>\(escaped(description))</desc>\n"
        // The first ">" after "<svg" ends the root's start tag: cairo writes no such character into its attributes.
        guard let root = drawing.indices.first(where: { drawing[$0...].starts(with: "<svg".utf8) }),
            let end = drawing[root...].firstIndex(of: UInt8(ascii: ">"))
        else { return drawing }
        return Array(drawing[...end]) + Array(("\n" + words).utf8) + Array(drawing[(end + 1)...])
    }

    private static func escaped(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { Canvas.printable(String($0)) }.joined(separator: "\n")
            .replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
