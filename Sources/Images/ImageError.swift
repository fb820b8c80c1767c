/// What can be wrong with a picture or with a set of pictures.
public struct ImageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of fault, for code that decides by them (exit codes, dead letters, metrics).
    public enum Code: String, Sendable, CaseIterable {
        /// The bytes are no PNG at all.
        case notPNG
        /// A PNG that is cut off, damaged, or against the rules of its format.
        case corrupt
        /// A PNG beyond the limits in bytes, width, height or pixels.
        case tooLarge
        /// A variant that is no standard PNG.
        case unsupported
        /// A CIFAR file whose size is not that of whole records.
        case datasetSize
        /// A CIFAR record whose label is none.
        case datasetLabel
        /// A file or folder that cannot be opened or read.
        case unreadable
        /// Nothing where pictures were expected.
        case empty
    }

    /// The kind of fault.
    public let code: Code

    /// What is wrong, where, and what to do about it, in a sentence or two.
    public let message: String

    /// An error of the given kind with its text.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }

    /// The same error, its message led by where it was found (a file's path, for example).
    public func at(_ place: String) -> ImageError {
        ImageError(code, "\(place): \(message)")
    }
}
