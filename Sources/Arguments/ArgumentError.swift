/// What is wrong with a command line or a variable, told so that the user can mend it.
public struct ArgumentError: Error, Sendable, Equatable {
    /// The kind of the mistake.
    public enum Code: Sendable, Equatable {
        /// No command was named.
        case missingCommand
        /// The named command does not exist.
        case unknownCommand
        /// An option that the command does not have.
        case unknownOption
        /// An option that takes a value stands without one.
        case missingValue
        /// A flag was given a value.
        case unexpectedValue
        /// A value of the wrong form or outside its limits.
        case badValue
        /// A required option is given neither as an argument nor as a variable.
        case missingOption
        /// A required positional argument is missing.
        case missingArgument
        /// A positional argument too many.
        case unexpectedArgument
        /// Options that do not go together.
        case conflict
        /// A file of options that cannot be read.
        case unreadableFile
        /// A file of options in which something is wrong.
        case badFile
    }

    /// The kind of the mistake.
    public let code: Code
    /// What, where, and what to do, in one line; it never holds the value of a secret option.
    public let message: String

    /// An error to throw from a command's `validate` or `run`.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The error that a ``ValueType`` throws: the parser puts the place ("--rate -1: ") before the message, so that the
    /// message says what is expected, with an example, and does not repeat the value.
    public static func badValue(_ expectation: String) -> ArgumentError {
        ArgumentError(.badValue, expectation)
    }
}
