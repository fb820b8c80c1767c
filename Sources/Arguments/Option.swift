/// One option of a command: a single declaration that gives its parsing, its help, its variable and its typed value.
///
///     static let rate = Option("rate", short: "r", .rate, default: .perSecond(20), help: "Images per second.")
///     static let output = Option("output", optional: .file(extensions: ["csv"]), help: "Where to write the latencies.")
///     static let properties = Option("property", short: "X", repeated: .assignment, help: "A property of librdkafka.")
///     static let createTopics = Option("create-topics", flag: true, help: "Make missing topics.")
///
/// The value comes from the argument, else from the variable `<TOOL>_<NAME>`, else from the default; a variable that is
/// set but empty counts as unset. The methods below change one property each and return the changed option.
public struct Option<Value: Sendable>: AnyOption {
    /// Everything but the type.
    public internal(set) var info: OptionInfo
    /// The value where neither argument nor variable gives one; nil where the option is required.
    public let defaultValue: Value?
    private let decode: @Sendable ([GivenText]) throws(ArgumentError) -> Value

    /// An option with a default.
    /// - Parameters:
    ///   - name: the long name without its dashes.
    ///   - short: the letter of the short form.
    ///   - type: how the value is read.
    ///   - placeholder: the word for the value in help; nil takes the type's.
    ///   - defaultValue: the value where none is given.
    ///   - help: what it does, in a sentence or two.
    public init(
        _ name: String, short: Character? = nil, _ type: ValueType<Value>, value placeholder: String? = nil,
        default defaultValue: Value, help: String
    ) {
        self.init(
            name, short: short, kind: .single, type, placeholder, default: defaultValue,
            defaultText: type.format(defaultValue), help: help
        ) { (texts) throws(ArgumentError) -> Value in try type.lastValue(of: texts) }
    }

    /// An option that the command cannot do without.
    public init(
        _ name: String, short: Character? = nil, required type: ValueType<Value>, value placeholder: String? = nil,
        help: String
    ) {
        self.init(
            name, short: short, kind: .single, type, placeholder, default: nil, defaultText: nil, help: help
        ) { (texts) throws(ArgumentError) -> Value in try type.lastValue(of: texts) }
    }

    /// An option that may be left out: its value is then nil.
    public init<Wrapped>(
        _ name: String, short: Character? = nil, optional type: ValueType<Wrapped>, value placeholder: String? = nil,
        help: String
    ) where Value == Wrapped? {
        self.init(
            name, short: short, kind: .single, type, placeholder, default: .some(nil), defaultText: nil, help: help
        ) { (texts) throws(ArgumentError) -> Wrapped? in try type.lastValue(of: texts) }
    }

    /// An option that may be given many times; its value is all of them, in order. Its variable holds several values too:
    /// one a line where it has a line break, else separated by white space. Arguments replace those of the variable.
    public init<Element>(
        _ name: String, short: Character? = nil, repeated type: ValueType<Element>, value placeholder: String? = nil,
        default defaultValue: [Element] = [], help: String
    ) where Value == [Element] {
        let defaultText = defaultValue.isEmpty ? nil : defaultValue.map(type.format).joined(separator: " ")
        self.init(
            name, short: short, kind: .repeated, type, placeholder, default: defaultValue, defaultText: defaultText,
            help: help
        ) { (texts) throws(ArgumentError) -> [Element] in try type.allValues(of: texts) }
    }

    /// A flag: true where it is given.
    /// - Parameters:
    ///   - name: the long name without its dashes and without `no-`.
    ///   - short: the letter of the short form.
    ///   - defaultValue: whether it is on where it is not given.
    ///   - isNegatable: whether `--no-NAME` is understood; nil makes it so where the default is on.
    ///   - help: what it does when on.
    public init(
        _ name: String, short: Character? = nil, flag defaultValue: Bool = false, isNegatable: Bool? = nil,
        help: String
    ) where Value == Bool {
        self.init(
            name, short: short, kind: .flag(isNegatable: isNegatable ?? defaultValue), .flag, "", default: defaultValue,
            defaultText: defaultValue ? "on" : nil, help: help
        ) { (texts) throws(ArgumentError) -> Bool in try ValueType.flag.lastValue(of: texts) }
    }

    private init<Element>(
        _ name: String, short: Character?, kind: OptionInfo.Kind, _ type: ValueType<Element>, _ placeholder: String?,
        default defaultValue: Value?, defaultText: String?, help: String,
        decode: @escaping @Sendable ([GivenText]) throws(ArgumentError) -> Value
    ) {
        info = OptionInfo(
            name: name, short: short, kind: kind, placeholder: placeholder ?? type.placeholder, help: help,
            completion: type.completion, defaultText: defaultText, isRequired: defaultValue == nil)
        self.defaultValue = defaultValue
        self.decode = decode
    }

    /// Reads the value from the texts that were given, at least one; the parser calls it.
    public func value(of texts: [GivenText]) throws(ArgumentError) -> any Sendable {
        try decode(texts)
    }

    /// The default without its type; the parser calls it.
    public var untypedDefault: (any Sendable)? { defaultValue }
}

// MARK: Further properties

extension Option {
    /// Leaves the option out of help, suggestions and completion; it works all the same.
    public func hidden() -> Option { with { $0.isHidden = true } }

    /// Says which values are secret.
    public func secret(_ secrecy: Secrecy = .always()) -> Option { with { $0.secrecy = secrecy } }

    /// Reads further variables, in this order, where the option's own is not set.
    public func reading(_ variables: String...) -> Option { with { $0.furtherVariables += variables } }

    /// Does not read the variable made from the option's name.
    public func withoutVariable() -> Option { with { $0.hasVariable = false } }

    /// Describes the default in words, such as "the name of this host", in place of its value.
    public func describingDefault(_ words: String) -> Option { with { $0.defaultText = words } }

    private func with(_ change: (inout OptionInfo) -> Void) -> Option {
        var copy = self
        change(&copy.info)
        return copy
    }
}
