/// A piece of a report, before it becomes Markdown or HTML. Texts are plain.
enum ReportBlock {
    /// The first line: what the report answers.
    case answer(String)
    case heading(String)
    case paragraph(String)
    case list([String])
    /// The first column has names, the others numbers.
    case table(headings: [String], rows: [[String]])
    /// A picture that stands beside the report, and what it shows. The name is without its ending: there is a PNG and an
    /// SVG file.
    case picture(name: String, caption: String)
}
