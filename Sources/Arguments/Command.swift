/// One command of a tool: its options, its help, and what it runs.
public struct Command: Sendable {
    /// A command line worth showing, and what it does.
    public struct Example: Sendable {
        /// The whole command line.
        public let command: String
        /// What it does, in a line.
        public let explanation: String

        /// An example for the help text.
        public init(_ command: String, _ explanation: String) {
            self.command = command
            self.explanation = explanation
        }
    }

    /// The word that chooses it.
    public let name: String
    /// All the words that choose it, behind the tool's name: `dead-letters list` for a sub-command.
    public private(set) var path: String
    /// What it does, in a line without a full stop.
    public let abstract: String
    /// More about it: paragraphs between blank lines are wrapped, lines that begin with a space are kept as they are.
    public let discussion: String
    /// The title under which the tool's help lists it; nil lists it under the common one.
    public let section: String?
    /// The options that are its own.
    public let options: [any AnyOption]
    /// Further options, under titles of their own.
    public private(set) var groups: [OptionGroup]
    /// The arguments that are known by their place, in order.
    public let positionals: [any AnyPositional]
    /// The commands below it, in the order of its help text; where there are any, it only chooses among them.
    public private(set) var subcommands: [Command]
    /// Command lines worth showing.
    public let examples: [Example]
    /// Whether the tool's help and suggestions leave it out.
    public let isHidden: Bool
    /// Checks values against each other, after each has been read.
    public let validate: @Sendable (ParsedArguments) throws(ArgumentError) -> Void
    /// Runs it and returns the exit status; the tool hands it over and does not call it itself.
    public let run: @Sendable (ParsedArguments) throws -> Int32

    /// A command.
    public init(
        name: String, abstract: String, discussion: String = "", section: String? = nil,
        options: [any AnyOption] = [], groups: [OptionGroup] = [], positionals: [any AnyPositional] = [],
        examples: [Example] = [], isHidden: Bool = false,
        validate: @escaping @Sendable (ParsedArguments) throws(ArgumentError) -> Void = { _ in },
        run: @escaping @Sendable (ParsedArguments) throws -> Int32
    ) {
        self.name = name
        path = name
        self.abstract = abstract
        self.discussion = discussion
        self.section = section
        self.options = options
        self.groups = groups
        self.positionals = positionals
        subcommands = []
        self.examples = examples
        self.isHidden = isHidden
        self.validate = validate
        self.run = run
    }

    /// A command that chooses among others, as in `iotpipe dead-letters list`.
    public init(
        name: String, abstract: String, discussion: String = "", section: String? = nil, isHidden: Bool = false,
        subcommands: [Command]
    ) {
        self.name = name
        path = name
        self.abstract = abstract
        self.discussion = discussion
        self.section = section
        options = []
        groups = []
        positionals = []
        examples = []
        self.isHidden = isHidden
        self.subcommands = subcommands.map { $0.below(name) }
        validate = { _ in }
        run = { _ in CommandLineTool.usageStatus }
    }

    /// The same command, to be chosen behind that word.
    private func below(_ word: String) -> Command {
        precondition(subcommands.isEmpty, "commands have one level of sub-commands")
        var copy = self
        copy.path = word + " " + path
        return copy
    }

    /// The same command with other groups of options, or other commands below it.
    func with(groups: [OptionGroup]? = nil, subcommands: [Command]? = nil) -> Command {
        var copy = self
        copy.groups = groups ?? self.groups
        copy.subcommands = subcommands ?? self.subcommands
        return copy
    }

    /// The commands that run: itself, or those below it.
    var leaves: [Command] { subcommands.isEmpty ? [self] : subcommands }

    /// Its own options and those of its groups.
    public var allOptions: [any AnyOption] { options + groups.flatMap(\.options) }
}
