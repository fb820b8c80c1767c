/// A report as Markdown (GitHub's: with tables).
enum ReportMarkdown {
    static func render(title: String, _ blocks: [ReportBlock]) -> String {
        var parts: [String] = []
        for block in blocks {
            switch block {
            // The answer stands before everything, the title too: it is the report's first line.
            case .answer(let text): parts.insert("**\(escaped(text))**", at: 0)
            case .heading(let text): parts.append("## \(escaped(text))")
            case .paragraph(let text): parts.append(escaped(text))
            case .list(let items): parts.append(items.map { "- \(escaped($0))" }.joined(separator: "\n"))
            case .table(let headings, let rows):
                let rule = "|---|" + String(repeating: "---:|", count: max(0, headings.count - 1))
                parts.append(([row(headings), rule] + rows.map(row)).joined(separator: "\n"))
            case .picture(let name, let caption): parts.append("![\(escaped(caption))](\(name).png)")
            }
        }
        parts.insert("# \(escaped(title))", at: min(1, parts.count))
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func row(_ cells: [String]) -> String {
        "| " + cells.map { escaped($0).replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            if "\\`*_[]<>#".contains(character) { result.append("\\") }
            result.append(character == "\n" ? " " : character)
        }
        return result
    }
}
