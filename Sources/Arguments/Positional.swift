/// An argument that is known by its place, such as the files of `iotpipe cdf FILE…`.
///
///     static let files = Positional("FILE", repeated: .file(extensions: ["csv"]), minimum: 1, help: "Latencies of a run.")
public struct Positional<Value: Sendable>: AnyPositional {
    /// Everything but the type.
    public let info: PositionalInfo
    private let decode: @Sendable ([GivenText]) throws(ArgumentError) -> Value

    /// An argument that must be given.
    /// - Parameters:
    ///   - name: the word for it in help, in capitals.
    ///   - type: how it is read.
    ///   - help: what it is, in a sentence.
    public init(_ name: String, _ type: ValueType<Value>, help: String) {
        info = PositionalInfo(
            name: name, help: help, completion: type.completion, minimum: 1, isRepeated: false)
        decode = { (texts) throws(ArgumentError) -> Value in try type.lastValue(of: texts) }
    }

    /// An argument that may be left out: its value is then nil. Only such, or a repeated one, may follow it.
    public init<Wrapped>(_ name: String, optional type: ValueType<Wrapped>, help: String) where Value == Wrapped? {
        info = PositionalInfo(
            name: name, help: help, completion: type.completion, minimum: 0, isRepeated: false)
        decode = { (texts) throws(ArgumentError) -> Wrapped? in
            texts.isEmpty ? nil : try type.lastValue(of: texts)
        }
    }

    /// All the arguments that are left, at least `minimum` of them; none may follow it.
    public init<Element>(_ name: String, repeated type: ValueType<Element>, minimum: Int = 0, help: String)
    where Value == [Element] {
        info = PositionalInfo(
            name: name, help: help, completion: type.completion, minimum: minimum, isRepeated: true)
        decode = { (texts) throws(ArgumentError) -> [Element] in try type.allValues(of: texts) }
    }

    /// Reads the value from the arguments that belong to it; the parser calls it.
    public func value(of texts: [GivenText]) throws(ArgumentError) -> any Sendable {
        try decode(texts)
    }
}

/// A ``Positional`` of any value type, as a command lists it.
public protocol AnyPositional: Sendable {
    /// Everything but the type.
    var info: PositionalInfo { get }
    /// Reads the value from the arguments that belong to it.
    func value(of texts: [GivenText]) throws(ArgumentError) -> any Sendable
}

/// Everything about a positional argument but its type.
public struct PositionalInfo: Sendable {
    /// The word for it in help, such as `FILE`.
    public let name: String
    /// What it is, in a sentence.
    public let help: String
    /// What a shell may offer for it.
    public let completion: Completion
    /// How many must be given.
    public let minimum: Int
    /// Whether it takes all the arguments that are left.
    public let isRepeated: Bool

    /// How usage lines show it: `FILE`, `[FILE]`, `FILE…` or `[FILE…]`.
    public var usage: String {
        let word = name + (isRepeated ? "…" : "")
        return minimum == 0 ? "[\(word)]" : word
    }
}
