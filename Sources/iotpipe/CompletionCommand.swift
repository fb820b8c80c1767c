import Arguments
import Pipeline

/// `iotpipe completion`: what a shell needs to complete iotpipe's command lines.
enum CompletionCommand {
    static let shell = Positional("SHELL", .choice(Shell.self), help: "The shell.")

    static let command = Command(
        name: "completion", abstract: "print what a shell needs to complete iotpipe's command lines",
        discussion: """
            Prints a script with all roles, options and the words they take. In the archive of `make dist` the three lie \
            where the shells look for them below share/.
            """,
        section: Iotpipe.manualSection, positionals: [shell],
        examples: [
            Command.Example(
                "iotpipe completion bash >~/.local/share/bash-completion/completions/iotpipe",
                "for bash with the package bash-completion, from the next start on"),
            Command.Example("iotpipe completion zsh >~/.zfunc/_iotpipe", "for zsh, where ~/.zfunc is in $fpath"),
            Command.Example("iotpipe completion fish >~/.config/fish/completions/iotpipe.fish", "for fish"),
        ]
    ) { arguments in
        Output.write(Iotpipe.tool.completionScript(for: arguments[shell]))
        return ExitStatus.success.rawValue
    }
}
