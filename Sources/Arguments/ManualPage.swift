/// Manual pages in the macros of man(7), which groff and mandoc read: the same declarations as the help texts.
enum ManualPage {
    /// A page's name: `iotpipe`, `iotpipe-produce`, `iotpipe-dead-letters-list`.
    static func name(of command: Command?, in tool: CommandLineTool) -> String {
        ([tool.name] + (command?.path.split(separator: " ").map(String.init) ?? [])).joined(separator: "-")
    }

    /// The page of the tool: its commands and what they share.
    static func tool(_ tool: CommandLineTool) -> String {
        var page = head(nil, tool.abstract, of: tool)
        page += [".B \(escaped(tool.name))", ".I \(tool.commandNoun.uppercased())", "[\\fIOPTIONS\\fR]"]
        page += [".SH DESCRIPTION"] + paragraphs(tool.discussion)
        page += [".SH \(tool.commandNoun.uppercased())S"]
        for command in tool.commands where !command.isHidden {
            page += [".TP", ".B \(escaped(command.path))", text(sentence(command.abstract))]
        }
        page += [".SH ENVIRONMENT"] + paragraphs(tool.precedence)
        for variable in tool.variables { page += [".TP", ".B \(escaped(variable.name))", text(variable.help)] }
        page += exitStatuses(tool)
        let pages = tool.commands.filter { !$0.isHidden }.flatMap { [$0] + $0.subcommands.filter { !$0.isHidden } }
        return joined(page + seeAlso(pages, in: tool))
    }

    /// The page of a command.
    static func command(_ command: Command, of tool: CommandLineTool) -> String {
        var page = head(command, command.abstract, of: tool)
        let below = command.subcommands.filter { !$0.isHidden }
        page += [".B \(escaped("\(tool.name) \(command.path)"))"]
        for info in command.allOptions.map(\.info) where info.isRequired { page.append(written(info)) }
        page += (below.isEmpty ? [] : ["\\fICOMMAND\\fR"]) + ["[\\fIOPTIONS\\fR]"]
        page += command.positionals.map { "\\fI\(escaped($0.info.usage))\\fR" }
        page += [".SH DESCRIPTION"]
        page += paragraphs(command.discussion.isEmpty ? sentence(command.abstract) : command.discussion)
        if !below.isEmpty {
            page += [".SH COMMANDS"]
            for command in below {
                page += [".TP", ".B \(escaped(command.name))", text(sentence(command.abstract))]
            }
        }
        if !command.positionals.isEmpty {
            page += [".SH ARGUMENTS"]
            for info in command.positionals.map(\.info) {
                page += [".TP", ".I \(escaped(info.usage))", text(info.help)] + choices(info.completion)
            }
        }
        if below.isEmpty {
            page += [".SH OPTIONS"]
            for group in [OptionGroup("", command.options)] + command.groups {
                let visible = group.options.map(\.info).filter { !$0.isHidden }
                if visible.isEmpty { continue }
                if !group.title.isEmpty { page.append(".SS \(escaped(group.title))") }
                for info in visible { page += entry(info, prefix: tool.variablePrefix) }
            }
            page += [".TP", "\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "Show the help."]
            page += [".TP", "\\fB\\-\\-version\\fR", "Show the version."]
        }
        page += exitStatuses(tool)
        if !command.examples.isEmpty {
            page += [".SH EXAMPLES"]
            for example in command.examples {
                page += [".PP", text(sentence(example.explanation)), ".PP", ".RS 4", ".EX"]
                page += [escaped(example.command), ".EE", ".RE"]
            }
        }
        return joined(page + seeAlso(below, in: tool, withTool: true))
    }

    // MARK: Parts

    private static func head(_ command: Command?, _ abstract: String, of tool: CommandLineTool) -> [String] {
        let name = name(of: command, in: tool)
        return [
            ".\\\" Made by `\(tool.name) man`: do not edit.",
            ".TH \(escaped(name.uppercased())) 1 \"\" \"\(tool.name) \(tool.version)\" \"User Commands\"",
            ".nh", ".ad l", ".SH NAME", "\(escaped(name)) \\- \(escaped(abstract, isLine: false))", ".SH SYNOPSIS",
        ]
    }

    /// An option with its value, its help, and what is worth knowing about it.
    private static func entry(_ info: OptionInfo, prefix: String) -> [String] {
        var title = info.short.map { "\\fB\\-\($0)\\fR, " } ?? ""
        title += written(info)
        var notes: [String] = []
        if case .choices(let choices) = info.completion, choices.allSatisfy({ $0.help == nil }) {
            notes.append("One of: \(choices.map(\.name).joined(separator: ", ")).")
        }
        if info.kind == .repeated { notes.append("May be given several times.") }
        if info.isRequired { notes.append("Required.") }
        if let text = info.defaultText { notes.append("Default: \(text).") }
        let variables = info.variables(prefix: prefix)
        if !variables.isEmpty { notes.append("Variable: \(variables.joined(separator: ", ")).") }
        return [".TP", title, text(info.help)] + choices(info.completion) + notes.map { text($0) }
    }

    private static func written(_ info: OptionInfo) -> String {
        let name = escaped((info.isNegatable ? "--[no-]" : "--") + info.name)
        return "\\fB\(name)\\fR" + (info.takesValue ? " \\fI\(escaped(info.placeholder))\\fR" : "")
    }

    /// The words that are accepted, where they have meanings.
    private static func choices(_ completion: Completion) -> [String] {
        guard case .choices(let choices) = completion, choices.contains(where: { $0.help != nil }) else { return [] }
        let lines = choices.flatMap { [".TP", ".B \(escaped($0.name))", text($0.help ?? "")] }
        return [".RS"] + lines + [".RE", ".IP"]
    }

    private static func exitStatuses(_ tool: CommandLineTool) -> [String] {
        if tool.exitStatuses.isEmpty { return [] }
        return [".SH EXIT STATUS"]
            + tool.exitStatuses.flatMap { [".TP", ".B \($0.status)", text(sentence($0.meaning))] }
    }

    private static func seeAlso(_ pages: [Command], in tool: CommandLineTool, withTool: Bool = false) -> [String] {
        let names = (withTool ? [name(of: nil, in: tool)] : []) + pages.map { name(of: $0, in: tool) }
        let lines = names.enumerated().map { index, name in
            ".BR \(escaped(name)) (1)" + (index < names.count - 1 ? "," : "")
        }
        return [".SH SEE ALSO"] + lines
    }

    // MARK: Text

    private static func joined(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }

    /// An abstract as a sentence.
    private static func sentence(_ abstract: String) -> String {
        let text = abstract.prefix(1).uppercased() + abstract.dropFirst()
        return text.last.map { ".!?".contains($0) } == true ? text : text + "."
    }

    /// Paragraphs between blank lines; a line that begins with a space is kept as it is.
    private static func paragraphs(_ discussion: String) -> [String] {
        var lines: [String] = []
        var isExample = false
        for line in discussion.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(" ") != isExample, !line.isEmpty {
                isExample.toggle()
                lines += isExample ? [".PP", ".EX"] : [".EE", ".PP"]
            }
            if line.isEmpty {
                if !isExample { lines.append(".PP") }
            } else {
                lines.append(isExample ? escaped(String(line)) : text(String(line)))
            }
        }
        return lines + (isExample ? [".EE"] : [])
    }

    /// A line of text: what stands between backticks is bold.
    private static func text(_ text: String) -> String {
        let pieces = text.map { $0.isNewline ? " " : $0 }.split(separator: "`", omittingEmptySubsequences: false)
        return protected(
            pieces.enumerated().map { index, piece in
                let piece = escaped(String(piece), isLine: false)
                return index % 2 == 1 ? "\\fB\(piece)\\fR" : piece
            }.joined())
    }

    /// Text in which nothing means anything to roff.
    private static func escaped(_ text: String, isLine: Bool = true) -> String {
        let escaped = text.map { character -> String in
            switch character {
            case "\\": "\\e"
            case "-": "\\-"
            case "\"": "\\(dq"
            case "'": "\\(aq"
            case "~": "\\(ti"
            case "^": "\\(ha"
            case "`": "\\(ga"
            default: String(character)
            }
        }.joined()
        return isLine ? protected(escaped) : escaped
    }

    /// A dot at the start of a line would be a macro.
    private static func protected(_ line: String) -> String { line.hasPrefix(".") ? "\\&" + line : line }
}
