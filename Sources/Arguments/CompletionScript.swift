/// A shell that can complete the tool's command lines.
public enum Shell: String, CaseIterable, Sendable {
    /// GNU bash, 4.4 or later.
    case bash
    /// The Z shell.
    case zsh
    /// The friendly interactive shell, 3.0 or later.
    case fish
}

/// What a shell needs to complete a tool's command lines, from the same declarations as the help texts. A script holds
/// all words itself: completing starts no process.
struct CompletionScript {
    let tool: CommandLineTool

    /// The script for a shell.
    func text(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        case .zsh: zsh
        case .fish: fish
        }
    }

    // MARK: What the scripts are made from

    /// What an option is called on a command line, the short form first: `-r`, `--rate`, `--no-lid`.
    func names(of info: OptionInfo) -> [String] {
        (info.short.map { ["-\($0)"] } ?? []) + ["--" + info.name] + (info.isNegatable ? ["--no-" + info.name] : [])
    }

    /// The options of a command that may be offered.
    func options(of command: Command) -> [OptionInfo] { command.allOptions.map(\.info).filter { !$0.isHidden } }

    /// The commands of a tool, or below a command, that may be offered.
    func offered(_ commands: [Command]) -> [Command] { commands.filter { !$0.isHidden } }

    /// What stands for a command's arguments by place; all of them are alike in a shell's eyes.
    func positional(of command: Command) -> PositionalInfo? { command.positionals.first?.info }

    /// The first sentence of a help text, in one line.
    func summary(_ help: String) -> String {
        let line = String(help.map { $0.isNewline || $0 == TextWrapper.joiningSpace ? " " : $0 })
        let end = line.firstRange(of: ". ")?.lowerBound ?? line.endIndex
        var sentence = String(line[..<end])
        if sentence.hasSuffix(".") || sentence.hasSuffix(":") { sentence.removeLast() }
        return sentence
    }

    /// A word in single quotes, as bash and zsh read it.
    func quoted(_ text: String) -> String {
        "'" + text.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
    }

    /// A name for a shell's function: `_iotpipe`.
    var function: String { "_" + tool.name.map { $0 == "-" ? "_" : String($0) }.joined() }
}
