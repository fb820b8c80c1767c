/// The help texts of a tool and of its commands, 80 columns wide whatever the terminal is, so that they can be compared,
/// searched and pasted.
enum HelpText {
    static let width = 80
    /// The widest left column; what is longer has its help on the next line.
    private static let widestColumn = 30

    /// One entry of a section: what is typed, and what it means.
    private typealias Row = (left: String, right: [String])

    // MARK: A command

    /// The help of a command.
    static func command(_ command: Command, of tool: CommandLineTool) -> String {
        let below = command.subcommands.filter { !$0.isHidden }
        var sections: [(title: String, rows: [Row])] = [
            ("Commands", below.map { ("  " + $0.name, [$0.abstract]) }),
            ("Arguments", command.positionals.map { row(for: $0.info) }),
        ]
        for group in [OptionGroup("Options", command.options)] + command.groups {
            let visible = group.options.map(\.info).filter { !$0.isHidden }
            sections.append((group.title, visible.map { row(for: $0, prefix: tool.variablePrefix) }))
        }
        sections.append(("Help", [("  -h, --help", ["Show this help."]), ("      --version", ["Show the version."])]))

        var lines = TextWrapper.lines(command.abstract, width: width)
        lines += ["", usage(of: command, tool: tool)]
        lines += discussion(command.discussion)
        lines += layout(sections)
        if !command.examples.isEmpty {
            lines += ["", "Examples:"]
            for (index, example) in command.examples.enumerated() {
                if index > 0 { lines.append("") }
                lines += TextWrapper.lines(example.explanation, width: width - 4).map { "  # " + $0 }
                lines.append("  " + example.command)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func usage(of command: Command, tool: CommandLineTool) -> String {
        if !command.subcommands.isEmpty { return "Usage: \(tool.name) \(command.path) COMMAND [OPTIONS]" }
        let required = command.allOptions.map(\.info).filter(\.isRequired).map { "--\($0.name) \($0.placeholder)" }
        let words = required + ["[OPTIONS]"] + command.positionals.map(\.info.usage)
        return "Usage: \(tool.name) \(command.path) \(words.joined(separator: " "))"
    }

    private static func row(for info: PositionalInfo) -> Row {
        (
            "  " + info.usage,
            [withNotes(info.help, notes: choiceNotes(info.completion))] + choiceLines(info.completion)
        )
    }

    private static func row(for info: OptionInfo, prefix: String) -> Row {
        var left = info.short.map { "  -\($0), " } ?? "      "
        left += (info.isNegatable ? "--[no-]" : "--") + info.name
        if info.takesValue { left += " " + info.placeholder }

        var notes = choiceNotes(info.completion)
        if info.kind == .repeated { notes.append("[repeatable]") }
        if info.isRequired { notes.append("[required]") }
        if let text = info.defaultText { notes.append("[default: \(text)]") }
        let variables = info.variables(prefix: prefix)
        if !variables.isEmpty { notes.append("[\(variables.joined(separator: ", "))]") }
        return (left, [withNotes(info.help, notes: notes)] + choiceLines(info.completion))
    }

    /// The help followed by notes in brackets, none of which is broken over two lines unless it is a long list.
    private static func withNotes(_ help: String, notes: [String]) -> String {
        let joined = notes.map { note in
            note.count > 40 ? note : String(note.map { $0 == " " ? TextWrapper.joiningSpace : $0 })
        }
        return ([help] + joined).joined(separator: " ")
    }

    /// The choices as a note, where they need no explanation.
    private static func choiceNotes(_ completion: Completion) -> [String] {
        guard case .choices(let choices) = completion, choices.allSatisfy({ $0.help == nil }) else { return [] }
        return ["[one of: \(choices.map(\.name).joined(separator: ", "))]"]
    }

    /// The choices as lines of their own, where they have explanations.
    private static func choiceLines(_ completion: Completion) -> [String] {
        guard case .choices(let choices) = completion, choices.contains(where: { $0.help != nil }) else { return [] }
        return choices.map { choice in "- \(choice.name)" + (choice.help.map { ": \($0)" } ?? "") }
    }

    // MARK: The tool

    /// The help of the tool: its commands and what they share.
    static func tool(_ tool: CommandLineTool) -> String {
        let noun = tool.commandNoun
        let common = noun.prefix(1).uppercased() + noun.dropFirst() + "s"
        var sections: [(title: String, rows: [Row])] = [(common, [])]
        for command in tool.commands where !command.isHidden {
            let title = command.section ?? common
            let row: Row = ("  " + command.name, [command.abstract])
            if let index = sections.firstIndex(where: { $0.title == title }) {
                sections[index].rows.append(row)
            } else {
                sections.append((title, [row]))
            }
        }
        sections.append(
            (
                "Help",
                [
                    ("  help \(noun.uppercased())", ["Show the options of a \(noun)."]),
                    ("  -h, --help", ["Show this help."]), ("  --version", ["Show the version."]),
                ]
            ))
        sections.append(("Variables", tool.variables.map { ("  " + $0.name, [$0.help]) }))

        var lines = TextWrapper.lines("\(tool.name) \(tool.version): \(tool.abstract)", width: width)
        lines += ["", "Usage: \(tool.name) \(noun.uppercased()) [OPTIONS]"]
        lines += discussion(tool.discussion)
        lines += layout(sections)
        lines += [""] + TextWrapper.lines(tool.precedence, width: width)
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: Layout

    private static func discussion(_ text: String) -> [String] {
        text.isEmpty ? [] : [""] + TextWrapper.paragraphs(text, width: width)
    }

    /// The sections that have rows, with one left column for all of them.
    private static func layout(_ sections: [(title: String, rows: [Row])]) -> [String] {
        let lefts = sections.flatMap(\.rows).map(\.left.count)
        let column = min(lefts.filter { $0 <= widestColumn }.max() ?? 0, widestColumn) + 2
        var lines: [String] = []
        for section in sections where !section.rows.isEmpty {
            lines += ["", section.title + ":"]
            for row in section.rows { lines += layout(row, column: column) }
        }
        return lines
    }

    private static func layout(_ row: Row, column: Int) -> [String] {
        let padding = String(repeating: " ", count: column)
        var lines = row.right.flatMap { text in
            let isItem = text.hasPrefix("- ")
            let wrapped = TextWrapper.lines(text, width: width - column - (isItem ? 2 : 0))
            return wrapped.enumerated().map { index, line in padding + (isItem && index > 0 ? "  " : "") + line }
        }
        if row.left.count + 2 <= column, !lines.isEmpty {
            lines[0] = row.left + lines[0].dropFirst(row.left.count)
        } else {
            lines.insert(row.left, at: 0)
        }
        return lines
    }
}
