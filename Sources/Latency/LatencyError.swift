/// What went wrong with a file of measurements or a picture: a code to decide on, and a message to show.
public struct LatencyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable {
        /// A file cannot be opened or read.
        case unreadable
        /// A file is not the CSV or the histogram log it should be; the message begins with file:line.
        case malformed
        /// There is nothing to measure or to draw.
        case empty
        /// A file cannot be created.
        case cannotCreate
        /// Writing failed: a full disk, a quota, a broken device.
        case writeFailed
    }

    /// The kind of failure.
    public let code: Code

    /// What failed, where, and what to do about it.
    public let message: String

    /// - Parameter message: what failed, where, and what to do about it.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
