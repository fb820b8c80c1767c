/// A failure that a role itself found, with the exit status it deserves.
public struct RoleError: Error, Sendable, CustomStringConvertible {
    /// The exit status of the process.
    public let status: ExitStatus
    /// What happened, where, and what to do.
    public let message: String

    /// - Parameters:
    ///   - status: the exit status of the process.
    ///   - message: what happened, where, and what to do.
    public init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
