/// cairo could not draw or encode a picture: no memory, or a size beyond its limits.
public struct ChartError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What failed and why.
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
