extension CompletionScript {
    /// The script for fish.
    var fish: String {
        let roles = offered(tool.commands)
        let test = "_" + function + "_is"
        var lines = [
            "# fish completion for \(tool.name) \(tool.version), made by `\(tool.name) completion fish`: put it as",
            "# ~/.config/fish/completions/\(tool.name).fish.",
            "",
            "# Whether what is typed before the cursor begins with these words.",
            "function \(test)",
            "    set -l typed (commandline -opc)",
            "    set -e typed[1]",
            "    string match -q -- \"$argv *\" \"$typed \"",
            "end",
            "",
            "# Whether that many words are typed before the cursor.",
            "function \(test)_at",
            "    test (count (commandline -opc)) -eq $argv[1]",
            "end",
            "",
            "complete -c \(tool.name) -f",
            "complete -c \(tool.name) -s h -l help -d 'show the help'",
            "complete -c \(tool.name) -l version -d 'show the version'",
        ]
        func line(_ condition: String, _ rest: String) {
            lines.append("complete -c \(tool.name) -n \(fishQuoted(condition)) \(rest)")
        }
        for command in roles {
            line("\(test)_at 1", "-a \(command.name) -d \(fishQuoted(command.abstract))")
            line("\(test)_at 2; and \(test) help", "-a \(command.name) -d \(fishQuoted(command.abstract))")
            for below in offered(command.subcommands) {
                line("\(test)_at 2; and \(test) \(command.name)", "-a \(below.name) -d \(fishQuoted(below.abstract))")
            }
        }
        line("\(test)_at 1", "-a help -d 'show the options of a \(tool.commandNoun)'")
        for command in roles.flatMap({ offered($0.leaves) }) {
            let condition = "\(test) \(command.path)"
            for info in options(of: command) {
                let short = info.short.map { "-s \($0) " } ?? ""
                let value = info.takesValue ? (fishOffer(info.completion).map { "-r \($0) " } ?? "-x ") : ""
                line(condition, "\(short)-l \(info.name) \(value)-d \(fishQuoted(summary(info.help)))")
                if info.isNegatable {
                    line(condition, "-l no-\(info.name) -d \(fishQuoted("not: \(summary(info.help))"))")
                }
            }
            if let info = positional(of: command), let offer = fishOffer(info.completion) {
                line(condition, "\(offer) -d \(fishQuoted(info.name))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What is offered for a value; nil where nothing is known of it.
    private func fishOffer(_ completion: Completion) -> String? {
        switch completion {
        case .none: nil
        case .choices(let choices): "-f -a \(fishQuoted(choices.map(\.name).joined(separator: " ")))"
        case .commands: "-f -a \(fishQuoted(offered(tool.commands).map(\.name).joined(separator: " ")))"
        case .file: "-F"
        case .directory: "-f -a '(__fish_complete_directories)'"
        }
    }

    /// A word in single quotes.
    private func fishQuoted(_ text: String) -> String {
        "'" + text.map { "'\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "'"
    }
}
