/// Text in columns, for a terminal.
public enum TextColumns {
    /// Lines with the cells one below the other, two spaces between columns and none at the end.
    ///
    /// - Parameters:
    ///   - rows: as many cells each; the headings first, where there are any.
    ///   - rightColumns: the columns that hold numbers, which stand to the right.
    public static func lines(_ rows: [[String]], rightColumns: Range<Int> = 0..<0) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += (column == 0 ? "" : "  ") + (rightColumns.contains(column) ? padding + cell : cell + padding)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
