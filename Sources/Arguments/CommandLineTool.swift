/// A program whose first argument chooses a command.
///
///     switch tool.main(arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessEnvironment.current) {
///     case .run(let command, let parsed): exit(try command.run(parsed))
///     case .print(let text): print(text, terminator: "")
///     case .usageError(let text): /* text to standard error */ exit(CommandLineTool.usageStatus)
///     }
public struct CommandLineTool: Sendable {
    /// What a command line asks for.
    public enum Outcome: Sendable {
        /// Run the command with these values; print `ParsedArguments.warnings` first.
        case run(Command, ParsedArguments)
        /// Print this to standard output and exit with 0.
        case print(String)
        /// Print this to standard error and exit with ``CommandLineTool/usageStatus``.
        case usageError(String)
        /// Print this to standard error and exit with ``CommandLineTool/missingInputStatus``.
        case missingInput(String)
    }

    /// A variable that belongs to no option.
    public struct Variable: Sendable {
        /// Its name.
        public let name: String
        /// What it does, in a sentence.
        public let help: String

        /// A variable for the tool's help.
        public init(_ name: String, help: String) {
            self.name = name
            self.help = help
        }
    }

    /// An exit status and what it means.
    public struct StatusMeaning: Sendable {
        /// The status.
        public let status: Int32
        /// What it means, in a line without a full stop.
        public let meaning: String

        /// An exit status for the manual page.
        public init(_ status: Int32, _ meaning: String) {
            self.status = status
            self.meaning = meaning
        }
    }

    /// The exit status of a usage error: `EX_USAGE` of sysexits.h.
    public static let usageStatus: Int32 = 64
    /// The exit status where a file of options cannot be read: `EX_NOINPUT` of sysexits.h.
    public static let missingInputStatus: Int32 = 66

    /// The name of the program.
    public let name: String
    /// Its version.
    public let version: String
    /// What it does, in a line.
    public let abstract: String
    /// More about it, for its help; see ``Command/discussion``.
    public let discussion: String
    /// What a command is called in help, such as "role".
    public let commandNoun: String
    /// The commands, in the order of the help text.
    public let commands: [Command]
    /// Variables that belong to no option.
    public let variables: [Variable]
    /// What its exit statuses mean, for the manual pages.
    public let exitStatuses: [StatusMeaning]
    /// Lines that `--version` prints below the first.
    public let versionDetails: @Sendable () -> String

    /// A tool.
    public init(
        name: String, version: String, abstract: String, discussion: String = "", commandNoun: String = "command",
        commands: [Command], variables: [Variable] = [], exitStatuses: [StatusMeaning] = [],
        versionDetails: @escaping @Sendable () -> String = { "" }
    ) {
        self.name = name
        self.version = version
        self.abstract = abstract
        self.discussion = discussion
        self.commandNoun = commandNoun
        self.commands = commands.map { $0.configurable() }
        self.variables = variables
        self.exitStatuses = exitStatuses
        self.versionDetails = versionDetails
        assert(declarationFaults.isEmpty, declarationFaults.joined(separator: "\n"))
    }

    /// How an option gets its value, in sentences.
    var precedence: String {
        "An option --some-name can be set by the variable \(variablePrefix)SOME_NAME too, or by a line some-name = value"
            + " in the file that --config names; the option counts before the variable, the variable before the file, and"
            + " the file before the default. In a variable, several values of a repeatable option are separated by white"
            + " space, or stand on a line each; in the file they have a line each."
    }

    /// The start of the variables of options: `IOTPIPE_` for a tool named iotpipe.
    public var variablePrefix: String {
        name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined() + "_"
    }

    // MARK: Interpreting

    /// Interprets a command line. It has no effect of its own: it neither prints nor exits nor runs the command.
    /// - Parameters:
    ///   - arguments: the arguments without the program's name.
    ///   - environment: the variables; see ``ProcessEnvironment``.
    public func main(arguments: [String], environment: [String: String]) -> Outcome {
        guard let first = arguments.first else {
            let error = ArgumentError(.missingCommand, "give a \(commandNoun), such as \(name) \(exampleCommand)")
            return .usageError(usageText(error) + "\n" + HelpText.tool(self))
        }
        do throws(ArgumentError) {
            switch first {
            case "--help", "-h": return .print(HelpText.tool(self))
            case "--version": return .print(versionText)
            case "help" where command(named: "help") == nil: return .print(try help(about: arguments.dropFirst()))
            default: break
            }
            let command = try commandOrError(first)
            if !command.subcommands.isEmpty {
                return chooseBelow(command, arguments.dropFirst(), environment: environment)
            }
            return interpret(arguments.dropFirst(), command: command, environment: environment)
        } catch {
            return .usageError(usageText(error))
        }
    }

    /// The text for a usage error, on standard error: the error and where to read more.
    /// - Parameters:
    ///   - error: the error, whether from the parser or thrown by a command that runs.
    ///   - command: the command it is about.
    public func usageText(_ error: ArgumentError, command: Command? = nil) -> String {
        let path = command.map { "\(name) \($0.path)" } ?? name
        return "\(path): \(error.message)\nSee \(path) --help\n"
    }

    func interpret(
        _ arguments: ArraySlice<String>, command: Command, environment: [String: String]
    ) -> Outcome {
        let beforeEnd = arguments.prefix { $0 != "--" }
        if beforeEnd.contains("--help") || beforeEnd.contains("-h") {
            return .print(HelpText.command(command, of: self))
        }
        if beforeEnd.contains("--version") { return .print(versionText) }
        var warnings: [String] = []
        do throws(ArgumentError) {
            let split = try ArgumentSplitter(arguments, command: command, others: commands.flatMap(\.leaves))
            if split.wantsHelp { return .print(HelpText.command(command, of: self)) }
            warnings = ArgumentResolver(
                command: command, environment: environment, variablePrefix: variablePrefix, file: nil
            ).secretWarnings(split)
            var parsed = try resolver(split, command: command, environment: environment).resolve(split)
            parsed.warnings = warnings + parsed.warnings + mistypedVariables(in: environment)
            try command.validate(parsed)
            return .run(command, parsed)
        } catch {
            let told = warnings.map { "\(name) \(command.path): warning: \($0)\n" }.joined()
            let text = told + usageText(error, command: command)
            return error.code == .unreadableFile ? .missingInput(text) : .usageError(text)
        }
    }

    // MARK: Commands

    private func help(about names: ArraySlice<String>) throws(ArgumentError) -> String {
        guard let name = names.first, name != "help", !name.hasPrefix("-") else {
            return HelpText.tool(self)
        }
        let (command, rest) = try chosen(by: names)
        if let extra = rest.first {
            throw ArgumentError(
                .unexpectedArgument, "unexpected argument \(Shown.value(extra)): help takes one \(commandNoun)")
        }
        return HelpText.command(command, of: self)
    }

    /// The command that the first words choose, the one below it where they name one, and the words behind those.
    /// - Parameter words: at least one.
    func chosen(by words: ArraySlice<String>) throws(ArgumentError) -> (command: Command, rest: ArraySlice<String>) {
        let command = try commandOrError(words[words.startIndex])
        let rest = words.dropFirst()
        guard !command.subcommands.isEmpty, let below = rest.first else { return (command, rest) }
        return (try commandOrError(below, below: command), rest.dropFirst())
    }

    /// The command of that name.
    /// - Parameter parent: the command that chooses among its own; nil for the tool's.
    func commandOrError(_ name: String, below parent: Command? = nil) throws(ArgumentError) -> Command {
        let candidates = parent?.subcommands ?? commands
        if let command = candidates.first(where: { $0.name == name }) { return command }
        let noun = parent == nil ? commandNoun : "command"
        let shown = Shown.value(name.prefix { $0 != "=" })
        if name.hasPrefix("-") {
            let close = Suggestion.closest(to: String(name.drop { $0 == "-" }), among: ["help", "version"])
            let hint = close.map { "did you mean --\($0)?" } ?? "the \(noun) comes first, then its options"
            throw ArgumentError(.unknownOption, "unknown option \(shown); \(hint)")
        }
        let known = candidates.filter { !$0.isHidden }.map(\.name) + (parent == nil ? ["help"] : [])
        let hint =
            Suggestion.closest(to: name, among: known).map { "did you mean \($0)?" }
            ?? "there are \(known.joined(separator: ", "))"
        throw ArgumentError(.unknownCommand, "unknown \(noun) \(shown); \(hint)")
    }

    private func command(named name: String) -> Command? { commands.first { $0.name == name } }

    private var exampleCommand: String { commands.first { !$0.isHidden }?.name ?? "--help" }

    var versionText: String { "\(name) \(version)\n\(versionDetails())" }

    // MARK: Variables

    /// A warning for each variable with the tool's prefix that no option reads but whose name is close to one that is
    /// read. Others with that prefix are left alone: container platforms set such as `IOTPIPE_SERVICE_HOST`.
    func mistypedVariables(in environment: [String: String]) -> [String] {
        let mine = environment.keys.filter { $0.hasPrefix(variablePrefix) }
        if mine.isEmpty { return [] }
        let options = commands.flatMap(\.leaves).flatMap(\.allOptions).map(\.info)
        let known = Set(options.flatMap { $0.variables(prefix: variablePrefix) } + variables.map(\.name))
        let offered = Set(options.filter { !$0.isHidden }.flatMap { $0.variables(prefix: variablePrefix) })
            .union(variables.map(\.name)).filter { $0.hasPrefix(variablePrefix) }.sorted()
        let offeredTails = offered.map { String($0.dropFirst(variablePrefix.count)) }
        return mine.filter { !known.contains($0) }.sorted().compactMap { name in
            let tail = String(name.dropFirst(variablePrefix.count))
            guard let close = Suggestion.closest(to: tail, among: offeredTails) else { return nil }
            return "\(Shown.value(name)): no option reads this variable; did you mean \(variablePrefix)\(close)?"
        }
    }
}
