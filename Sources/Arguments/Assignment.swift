/// A name and the value it is to have, such as a property of librdkafka.
public struct Assignment: Sendable, Hashable {
    /// What stands before the first `=`.
    public let name: String
    /// What stands after it; may be empty.
    public let value: String

    /// A name and its value.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// The assignment as it is typed.
    public var text: String { "\(name)=\(value)" }
}
