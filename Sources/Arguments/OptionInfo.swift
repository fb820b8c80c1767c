/// Everything about an option but its type: what the parser, the help text, and later a shell completion and a man page
/// are made from.
public struct OptionInfo: Sendable {
    /// What an option takes.
    public enum Kind: Sendable, Equatable {
        /// Nothing; `--no-NAME` is understood too where it is negatable.
        case flag(isNegatable: Bool)
        /// One value; where it is given several times, the last one counts.
        case single
        /// One value each time, and all of them count.
        case repeated
    }

    /// The long name without its dashes, such as `drain-timeout`.
    public let name: String
    /// The letter of the short form, if any.
    public let short: Character?
    /// What the option takes.
    public let kind: Kind
    /// The word for the value in help, such as `RATE`; empty for a flag.
    public let placeholder: String
    /// What it does, in a sentence or two.
    public let help: String
    /// What a shell may offer for the value.
    public let completion: Completion
    /// The default as it would be typed, or in words; nil where there is none worth showing.
    public internal(set) var defaultText: String?
    /// Whether the command cannot run without it.
    public let isRequired: Bool
    /// Whether help, suggestions and completion leave it out.
    public internal(set) var isHidden = false
    /// Whether the variable made from the tool's and the option's name is read.
    public internal(set) var hasVariable = true
    /// Variables that are read where that one is not set, such as `DATABASE_URL`.
    public internal(set) var furtherVariables: [String] = []
    /// Which of its values are secret.
    public internal(set) var secrecy: Secrecy = .none

    /// A value as a message may show it.
    func shown(_ text: String) -> String { secrecy.holdsSecret(text) ? "(hidden)" : Shown.value(text) }

    /// A text that was given as a value.
    ///
    /// - Parameter place: names the place with the value as it may be shown; without it where that is nil.
    func given(_ text: String, at place: (String?) -> String) -> GivenText {
        GivenText(text: text, place: place(shown(text)), refusalPlace: secrecy.isNone ? nil : place(nil))
    }

    /// Whether a value follows the option.
    public var takesValue: Bool {
        if case .flag = kind { return false }
        return true
    }

    /// Whether a file of options may set it: what no variable sets must be seen where it is used.
    var isSettable: Bool { hasVariable && name != ConfigurationOption.option.info.name }

    /// Whether `--no-NAME` is understood.
    public var isNegatable: Bool { kind == .flag(isNegatable: true) }

    /// The variables that set the option, the one that counts first first.
    /// - Parameter prefix: the tool's ``CommandLineTool/variablePrefix``.
    public func variables(prefix: String) -> [String] {
        let own = prefix + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
        return (hasVariable ? [own] : []) + furtherVariables
    }
}

/// Options that help shows together under a title; several commands may share one group.
public struct OptionGroup: Sendable {
    /// The title, without a colon.
    public let title: String
    /// The options, in the order of the help text.
    public let options: [any AnyOption]

    /// A group of options.
    public init(_ title: String, _ options: [any AnyOption]) {
        self.title = title
        self.options = options
    }
}
