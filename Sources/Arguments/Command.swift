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
    /// What it does, in a line without a full stop.
    public let abstract: String
    /// More about it: paragraphs between blank lines are wrapped, lines that begin with a space are kept as they are.
    public let discussion: String
    /// The title under which the tool's help lists it; nil lists it under the common one.
    public let section: String?
    /// The options that are its own.
    public let options: [any AnyOption]
    /// Further options, under titles of their own.
    public let groups: [OptionGroup]
    /// The arguments that are known by their place, in order.
    public let positionals: [any AnyPositional]
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
        self.abstract = abstract
        self.discussion = discussion
        self.section = section
        self.options = options
        self.groups = groups
        self.positionals = positionals
        self.examples = examples
        self.isHidden = isHidden
        self.validate = validate
        self.run = run
    }

    /// Its own options and those of its groups.
    public var allOptions: [any AnyOption] { options + groups.flatMap(\.options) }
}
