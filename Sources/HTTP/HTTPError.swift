/// Why a server did not start.
public struct HTTPError: Error, Equatable, CustomStringConvertible {
    /// What kind of fault it is.
    public enum Code: String, Sendable {
        /// The address is not of the form HOST:PORT.
        case malformedAddress
        /// The host has no such address, or its name is not known.
        case unknownAddress
        /// Another program listens there.
        case addressInUse
        /// The port needs a privilege that the process lacks.
        case notPermitted
        /// The system or libmicrohttpd refused for another reason.
        case failed
    }

    /// What kind of fault it is.
    public let code: Code
    /// What is wrong, with which address, and what to do.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
