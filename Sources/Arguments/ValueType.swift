/// How the text of a value is read and written: the type of an ``Option`` or a ``Positional``.
///
/// The module has one for each usual kind (`.integer(1...256)`, `.duration()`, `.rate`, `.choice(Axis.self)`, …); a
/// caller makes its own with ``init(placeholder:completion:parse:format:)``.
public struct ValueType<Value: Sendable>: Sendable {
    /// The word that stands for the value in help, such as `RATE`; an option may have its own.
    public let placeholder: String
    /// What a shell may offer while the value is typed.
    public let completion: Completion
    let parse: @Sendable (String) throws(ArgumentError) -> Value
    let format: @Sendable (Value) -> String

    /// A value type of the caller's own.
    /// - Parameters:
    ///   - placeholder: the word for the value in help, in capitals.
    ///   - completion: what a shell may offer.
    ///   - parse: reads the text, or throws ``ArgumentError/badValue(_:)`` saying what is expected.
    ///   - format: writes a value as it would be typed; used to show defaults.
    public init(
        placeholder: String, completion: Completion = .none,
        parse: @escaping @Sendable (String) throws(ArgumentError) -> Value,
        format: @escaping @Sendable (Value) -> String
    ) {
        self.placeholder = placeholder
        self.completion = completion
        self.parse = parse
        self.format = format
    }

    /// The value of a text; for value types made from others.
    public func value(of text: String) throws(ArgumentError) -> Value { try parse(text) }
}

/// What a shell may offer for a value.
public enum Completion: Sendable, Equatable {
    /// Nothing is known about the value.
    case none
    /// One of a few words.
    case choices([Choice])
    /// A file, by the extensions it usually has (without the dot; none means any).
    case file(extensions: [String])
    /// A folder.
    case directory
    /// One of the tool's commands.
    case commands
}

/// One of the words that an option accepts.
public struct Choice: Sendable, Equatable {
    /// The word itself.
    public let name: String
    /// What it means; help lists the words with their meanings where there are any.
    public let help: String?

    /// A word and its meaning.
    public init(_ name: String, help: String? = nil) {
        self.name = name
        self.help = help
    }
}
