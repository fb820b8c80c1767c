extension CommandLineTool {
    /// Interprets what follows a command that chooses among others.
    func chooseBelow(
        _ parent: Command, _ arguments: ArraySlice<String>, environment: [String: String]
    ) -> Outcome {
        guard let first = arguments.first else {
            let example = parent.subcommands.first { !$0.isHidden } ?? parent
            let error = ArgumentError(.missingCommand, "give a command, such as \(name) \(example.path)")
            return .usageError(usageText(error, command: parent) + "\n" + HelpText.command(parent, of: self))
        }
        do throws(ArgumentError) {
            switch first {
            case "--help", "-h", "help": return .print(HelpText.command(parent, of: self))
            case "--version": return .print(versionText)
            default: break
            }
            let command = try commandOrError(first, below: parent)
            return interpret(arguments.dropFirst(), command: command, environment: environment)
        } catch {
            return .usageError(usageText(error, command: parent))
        }
    }
}
