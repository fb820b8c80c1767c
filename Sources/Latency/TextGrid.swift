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
        TextColumns.lines(
            [headings.map { $0[0] }, headings.map { $0[1] }] + rows, rightColumns: leftColumns..<headings.count)
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
