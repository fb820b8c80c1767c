/// Cells under headings, as text of a terminal and as Markdown.
struct TextGrid {
    /// Each heading in two lines; one that ends in a hyphen is one word.
    let headings: [[String]]
    /// As many cells each as there are headings.
    let rows: [[String]]
    /// How many columns stand to the left, from the first on; the others are numbers, to the right.
    var leftColumns = 1

    /// Lines with the columns one below the other.
    var text: [String] {
        let lines = [headings.map { $0[0] }, headings.map { $0[1] }] + rows
        let widths = headings.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            var text = ""
            for (column, cell) in line.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                text += (column == 0 ? "" : "  ") + (column < leftColumns ? cell + padding : padding + cell)
            }
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    /// Lines of a Markdown table.
    var markdown: [String] {
        func row(_ cells: [String]) -> String {
            "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        let rule =
            "|" + String(repeating: "---|", count: leftColumns)
            + String(repeating: "---:|", count: headings.count - leftColumns)
        let names = headings.map { heading in
            heading[0].hasSuffix("-")
                ? heading[0].dropLast() + heading[1] : heading.filter { !$0.isEmpty }.joined(separator: " ")
        }
        return [row(names), rule] + rows.map(row)
    }
}
