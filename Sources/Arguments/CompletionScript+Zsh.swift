extension CompletionScript {
    /// The script for zsh.
    var zsh: String {
        let roles = offered(tool.commands)
        var lines = [
            "#compdef \(tool.name)",
            "# zsh completion for \(tool.name) \(tool.version), made by `\(tool.name) completion zsh`: put it as \(function)"
                + " into a folder",
            "# of $fpath, or source it after compinit.",
            "",
        ]
        for command in roles.flatMap({ offered($0.leaves) }) {
            lines += ["\(zshFunction(command))() {", "    _arguments -S -s \\"]
            let specs =
                options(of: command).flatMap(zshSpecs) + zshHelp + (positional(of: command).map { [zshSpec($0)] } ?? [])
            lines += specs.dropLast().map { "        \($0) \\" } + ["        \(specs[specs.count - 1])", "}", ""]
        }
        for command in roles where !command.subcommands.isEmpty {
            lines += zshChoice(zshFunction(command), offered(command.subcommands), noun: "command") + [""]
        }
        lines += zshChoice(function, roles, noun: tool.commandNoun, withHelp: true)
        lines += [
            "", "if [ \"$funcstack[1]\" = \(function) ]; then", "    \(function) \"$@\"", "else",
            "    (( $+functions[compdef] )) || { autoload -Uz compinit; compinit; }",
            "    compdef \(function) \(tool.name)", "fi",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private var zshHelp: [String] { ["'(- *)'{-h,--help}'[show the help]'", "'(- *)--version[show the version]'"] }

    private func zshFunction(_ command: Command) -> String {
        function + "_" + command.path.map { $0 == "-" || $0 == " " ? "_" : String($0) }.joined()
    }

    /// A function that offers commands, and goes on with the one that is chosen.
    private func zshChoice(_ name: String, _ commands: [Command], noun: String, withHelp: Bool = false) -> [String] {
        var lines = [
            "\(name)() {", "    local curcontext=$curcontext state line", "    typeset -A opt_args",
            "    local -a commands=(",
        ]
        for command in commands {
            lines.append("        \(quoted("\(command.name):\(zshEscaped(command.abstract))"))")
        }
        if withHelp { lines.append("        'help:show the options of a \(noun)'") }
        lines += [
            "    )", "    _arguments -C \(zshHelp.joined(separator: " ")) \\",
            "        '1:\(noun):->name' '*::argument:->rest' && return", "    case $state in",
            "    name) _describe -t commands \(noun) commands ;;", "    rest)", "        case $line[1] in",
        ]
        for command in commands { lines.append("        \(command.name)) \(zshFunction(command)) ;;") }
        let names = commands.map(\.name).joined(separator: " ")
        if withHelp { lines.append("        help) _arguments '1:\(noun):(\(names))' ;;") }
        return lines + ["        esac", "        ;;", "    esac", "}"]
    }

    /// What `_arguments` is told of an option.
    private func zshSpecs(_ info: OptionInfo) -> [String] {
        let help = "[\(zshEscaped(summary(info.help)))]"
        let value = info.takesValue ? ":\(zshEscaped(info.placeholder)):\(zshAction(info.completion))" : ""
        let names = names(of: info)
        let others = info.kind == .repeated ? "*" : "(\(names.joined(separator: " ")))"
        return names.map { name in
            let equals = !info.takesValue ? "" : name.hasPrefix("--") ? "=" : "+"
            return quoted("\(others)\(name)\(equals)\(help)\(value)")
        }
    }

    private func zshSpec(_ info: PositionalInfo) -> String {
        // A message in place of words would keep options from being completed.
        let action = info.completion == .none ? "()" : zshAction(info.completion)
        return quoted("\(info.isRepeated ? "*" : "1"):\(zshEscaped(info.name)):\(action)")
    }

    private func zshAction(_ completion: Completion) -> String {
        switch completion {
        case .none: return " "
        case .choices(let choices):
            if choices.allSatisfy({ $0.help == nil }) { return "(\(choices.map(\.name).joined(separator: " ")))" }
            let words = choices.map { "\($0.name)\\:\"\(zshEscaped(summary($0.help ?? "")))\"" }
            return "((\(words.joined(separator: " "))))"
        case .file(let extensions):
            // One alone in parentheses would be read as qualifiers.
            let pattern = extensions.count == 1 ? extensions[0] : "(\(extensions.joined(separator: "|")))"
            return extensions.isEmpty ? "_files" : "_files -g \"*.\(pattern)\""
        case .directory: return "_files -/"
        case .commands: return "(\(offered(tool.commands).map(\.name).joined(separator: " ")))"
        }
    }

    /// Text in which nothing means anything to `_arguments` or `_describe`.
    private func zshEscaped(_ text: String) -> String {
        text.map { "[]:\\\"$`".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
