/// An event as a Kafka message: CloudEvents 1.0, Kafka protocol binding, binary content mode
/// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md): the attributes are
/// headers, the data is the value.
public struct EncodedEvent: Sendable, Equatable {
    /// The message key, which decides the partition: the device's id. Nil only where a dead letter's original had none.
    public let key: [UInt8]?
    /// The message value.
    public let value: [UInt8]
    /// The message headers, in the order in which they are written.
    public let headers: [MessageHeader]

    /// A message from its parts.
    public init(key: [UInt8]?, value: [UInt8], headers: [MessageHeader]) {
        self.key = key
        self.value = value
        self.headers = headers
    }
}
