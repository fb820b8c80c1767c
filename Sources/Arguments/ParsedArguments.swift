/// The values of a command's options and positional arguments, by their declarations.
public struct ParsedArguments: Sendable {
    /// Where a value comes from.
    public enum Source: Sendable, Equatable {
        /// The command line.
        case argument
        /// The variable of this name.
        case variable(String)
        /// A file of options: its path and the line.
        case file(String, line: Int)
        /// Neither: it is the default.
        case standard
    }

    struct Resolved: Sendable {
        let value: any Sendable
        let source: Source
        /// How a message names it: `--rate 5`, `IOTPIPE_RATE=5`, or `--rate` for a default.
        let place: String
        /// The values that count, as they were typed, secret ones hidden; nil for a default.
        let texts: [String]?
    }

    var options: [String: Resolved] = [:]
    var positionals: [String: any Sendable] = [:]
    /// Secrets given as arguments, and variables that look mistyped: one line each, for the caller to print or log.
    public internal(set) var warnings: [String] = []

    /// The value of an option; the command must have it.
    public subscript<Value>(_ option: Option<Value>) -> Value {
        guard let value = resolved(option).value as? Value else {
            preconditionFailure("two declarations of --\(option.info.name) differ in type")
        }
        return value
    }

    /// The value of a positional argument; the command must have it.
    public subscript<Value>(_ positional: Positional<Value>) -> Value {
        guard let value = positionals[positional.info.name] as? Value else {
            preconditionFailure("the command has no argument \(positional.info.name)")
        }
        return value
    }

    /// Where the value of an option comes from; the command must have it.
    public func source(of option: some AnyOption) -> Source { resolved(option).source }

    /// Which of two sources counts before the other: the higher one.
    public func rank(of option: some AnyOption) -> Int {
        switch source(of: option) {
        case .argument: 3
        case .variable: 2
        case .file: 1
        case .standard: 0
        }
    }

    /// Whether an argument, a variable or a file gives the option.
    public func isGiven(_ option: some AnyOption) -> Bool { source(of: option) != .standard }

    /// An error about the value of an option, which names the place it comes from; for a command's `validate` or `run`.
    public func error(_ option: some AnyOption, _ expectation: String) -> ArgumentError {
        ArgumentError(.conflict, "\(resolved(option).place): \(expectation)")
    }

    private func resolved(_ option: some AnyOption) -> Resolved {
        guard let resolved = options[option.info.name] else {
            preconditionFailure("the command has no option --\(option.info.name)")
        }
        return resolved
    }
}
