/// An event as a Kafka message: CloudEvents 1.0, Kafka protocol binding, binary content mode
/// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md): the attributes are
/// headers, the data is the value.
public struct EncodedEvent: Sendable, Equatable {
    /// The message key, which decides the partition: the device's id. Nil only where a dead letter's original had none.
    public let key: [UInt8]?
    /// The message value.
    public let pinnedValue: PinnedBytes
    /// The message headers, in the order in which they are written.
    public let packedHeaders: PackedHeaders

    /// The message value, copied.
    public var value: [UInt8] { pinnedValue.array }

    /// The message headers as a list, copied.
    public var headers: [MessageHeader] { packedHeaders.list }

    /// A message from its parts.
    public init(key: [UInt8]?, value: [UInt8], headers: [MessageHeader]) {
        self.init(key: key, value: PinnedBytes(value), packedHeaders: PackedHeaders(headers))
    }

    /// The key of a device's messages.
    static func key(deviceID: String) -> [UInt8] {
        var deviceID = deviceID
        return deviceID.withUTF8 { [UInt8]($0) }
    }

    /// A message from its parts.
    init(key: [UInt8]?, value: PinnedBytes, packedHeaders: PackedHeaders) {
        self.key = key
        pinnedValue = value
        self.packedHeaders = packedHeaders
    }
}
