import CRdKafka
import Events

/// A consumed message, without a copy of its value.
///
/// It pins the piece of a fetch response (up to `fetch.message.max.bytes` per partition) that it lies in: keep messages
/// for as long as they are worked on, no longer.
public final class KafkaMessage: @unchecked Sendable {
    // `@unchecked`: the message is never changed; librdkafka unpacks the headers in `init`, after that it only reads them.
    private let message: UnsafeMutablePointer<rd_kafka_message_t>
    // Retained because librdkafka wants every message destroyed before its client.
    private let handle: ClientHandle
    private let headerList: OpaquePointer?

    /// The topic's name.
    public let topic: String
    /// The partition's number.
    public let partition: Int32
    /// The message's offset in its partition.
    public let offset: Int64

    /// Takes over a message that librdkafka handed out; `topic` is its topic's name.
    init(taking message: UnsafeMutablePointer<rd_kafka_message_t>, handle: ClientHandle) {
        self.message = message
        self.handle = handle
        topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
        partition = message.pointee.partition
        offset = message.pointee.offset
        var list: OpaquePointer?
        headerList = rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR ? list : nil
    }

    deinit {
        rd_kafka_message_destroy(message)
    }

    /// The partition it came from.
    public var topicPartition: TopicPartition { TopicPartition(topic: topic, partition: partition) }

    /// Milliseconds since 1970: the sender's clock or the broker's, as the topic is set; -1 where there is none.
    public var timestamp: Int64 { rd_kafka_message_timestamp(message, nil) }

    /// The key, copied; nil where the message has none.
    public var key: [UInt8]? {
        message.pointee.key.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: message.pointee.key_len)) }
    }

    /// The value's length in bytes.
    public var valueCount: Int { message.pointee.len }

    /// Lends the value in place; a message without a value lends an empty buffer.
    public func withValue<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len))
    }

    /// The value, copied.
    public var value: [UInt8] { withValue { [UInt8]($0) } }

    /// The headers in order, copied.
    public var headers: [MessageHeader] {
        guard let headerList else { return [] }
        defer { withExtendedLifetime(self) {} }
        var headers: [MessageHeader] = []
        headers.reserveCapacity(rd_kafka_header_cnt(headerList))
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while rd_kafka_header_get_all(headerList, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let name
        {
            let bytes = [UInt8](UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : size))
            headers.append(MessageHeader(String(cString: name), bytes))
        }
        return headers
    }
}
