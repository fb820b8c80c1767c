/// One header of a Kafka message. A name may occur more than once, and the order is kept.
public struct MessageHeader: Sendable, Equatable {
    /// The name; CloudEvents attributes have `ce_` in front.
    public let name: String
    /// The value's bytes, by Kafka of no stated encoding; every header of ours is UTF-8.
    public let value: [UInt8]

    /// A header of any bytes.
    public init(_ name: String, _ value: [UInt8]) {
        self.name = name
        self.value = value
    }

    /// A header of text.
    public init(_ name: String, _ text: String) {
        self.init(name, Array(text.utf8))
    }

    /// The value as text, or nil where it is not UTF-8.
    public var text: String? { String(validating: value, as: UTF8.self) }
}
