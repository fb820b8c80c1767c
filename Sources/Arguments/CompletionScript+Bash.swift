extension CompletionScript {
    /// The script for bash. It needs nothing of the package bash-completion.
    var bash: String {
        let roles = offered(tool.commands)
        let parents = roles.filter { !$0.subcommands.isEmpty }
        var lines = [
            "# bash completion for \(tool.name) \(tool.version), made by `\(tool.name) completion bash`: source it, or put it as",
            "# ~/.local/share/bash-completion/completions/\(tool.name).",
            "",
            "# Of these words, those that begin as what is typed.",
            "\(function)_words() { mapfile -t COMPREPLY < <(compgen -W \"$2\" -- \"$1\"); }",
            "",
            "# Folders, and files with one of these extensions; all files where there are none.",
            "\(function)_files() {",
            "    local extension typed=$1",
            "    shift",
            "    compopt -o filenames",
            "    mapfile -t COMPREPLY < <(",
            "        if [ $# = 0 ]; then compgen -f -- \"$typed\"; else compgen -d -- \"$typed\"; fi",
            "        for extension; do compgen -f -X \"!*.$extension\" -- \"$typed\"; done",
            "    )",
            "}",
            "",
            "\(function)() {",
            "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}",
            "    COMPREPLY=()",
            "    # bash takes --option=value apart.",
            "    if [ \"$current\" = = ]; then",
            "        current=",
            "    elif [ \"$previous\" = = ]; then",
            "        previous=${COMP_WORDS[COMP_CWORD - 2]}",
            "    fi",
            "    if [ \"$COMP_CWORD\" = 1 ]; then",
            "        \(words(roles.map(\.name) + ["help", "--help", "--version"]))",
            "        return",
            "    fi",
            "    case $command in",
        ]
        for command in parents {
            lines += [
                "    \(command.name))",
                "        if [ \"$COMP_CWORD\" = 2 ]; then",
                "            \(words(offered(command.subcommands).map(\.name) + ["--help"]))",
                "            return",
                "        fi",
                "        command+=\" ${COMP_WORDS[2]}\"",
                "        ;;",
            ]
        }
        lines += [
            "    help)",
            "        if [ \"$COMP_CWORD\" = 2 ]; then \(words(roles.map(\.name))); fi",
            "        return",
            "        ;;",
            "    esac",
            "    case $command in",
        ]
        for command in roles.flatMap({ offered($0.leaves) }) { lines += bashCase(command) }
        lines += ["    esac", "}", "", "complete -F \(function) \(tool.name)"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// The options and arguments of one command.
    private func bashCase(_ command: Command) -> [String] {
        let options = options(of: command)
        var lines = ["    \(quoted(command.path)))", "        case $previous in"]
        for info in options where info.takesValue {
            let names = names(of: info).joined(separator: " | ")
            lines += ["        \(names))"] + (bashAction(info.completion).map { ["            \($0)"] } ?? [])
            lines += ["            return", "            ;;"]
        }
        lines += ["        esac", "        if [[ $current == -* ]]; then"]
        lines += ["            \(words(options.flatMap(names(of:)) + ["-h", "--help", "--version"]))"]
        if let action = positional(of: command).flatMap({ bashAction($0.completion) }) {
            lines += ["        else", "            \(action)"]
        }
        return lines + ["        fi", "        ;;"]
    }

    private func bashAction(_ completion: Completion) -> String? {
        switch completion {
        case .none: nil
        case .choices(let choices): words(choices.map(\.name))
        case .file(let extensions): (["\(function)_files \"$current\""] + extensions).joined(separator: " ")
        case .commands: words(offered(tool.commands).map(\.name))
        case .directory: "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$current\")"
        }
    }

    private func words(_ words: [String]) -> String {
        "\(function)_words \"$current\" \(quoted(words.joined(separator: " ")))"
    }
}
