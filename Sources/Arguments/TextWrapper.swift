/// Breaks text into lines of a given width.
enum TextWrapper {
    /// A space at which no line is broken; it is written as a plain one.
    static let joiningSpace: Character = "\u{A0}"

    /// The lines of a paragraph. A word longer than the width stands on a line of its own.
    /// - Parameters:
    ///   - text: words between spaces and line breaks.
    ///   - width: the most characters in a line.
    static func lines(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: { $0 == " " || $0.isNewline }) {
            if line.isEmpty {
                line = String(word)
            } else if line.count + 1 + word.count <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines.map { String($0.map { $0 == joiningSpace ? " " : $0 }) }
    }

    /// The lines of paragraphs with blank lines between them; a line that begins with a space is kept as it is.
    static func paragraphs(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var paragraph = ""
        func flush() {
            lines += Self.lines(paragraph, width: width)
            paragraph = ""
        }
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line.isEmpty || line.first == " " {
                flush()
                lines.append(String(line))
            } else {
                paragraph += line + "\n"
            }
        }
        flush()
        return lines
    }
}
