import FoundationEssentials

/// A message that could not be processed: what the topic `iot.dead-letters` carries.
///
/// Key and value are the original's. Each header of the original is kept, in its order, under `dlq_original_` and its
/// name; every other header is the dead letter's own. So a replay restores the original exactly: it takes the headers
/// with that prefix and cuts the prefix off, which also holds for a dead letter that died again.
public struct DeadLetter: Sendable, Equatable {
    /// The `ce_type`.
    public static let type = "io.iotpipe.deadletter.v1"
    /// What stands before the name of a header of the original.
    public static let originalPrefix = "dlq_original_"

    /// The stage that gave up.
    public enum Stage: String, Sendable, CaseIterable {
        /// The picture does not decode.
        case infer
        /// The envelope or the result is not what it should be, or has no place in the database.
        case persist
    }

    /// The stage that gave up.
    public let stage: Stage
    /// What kind of fault it is: `EventError.Code`'s raw value, or another module's.
    public let errorCode: String
    /// The fault in words.
    public let message: String
    /// The topic that the original was read from.
    public let sourceTopic: String
    /// The partition that the original was read from.
    public let partition: Int32
    /// The original's offset there.
    public let offset: Int64
    /// The original's key; nil where it had none.
    public let key: [UInt8]?
    /// The original's value.
    public let value: [UInt8]
    /// The original's headers.
    public let headers: [MessageHeader]
    /// The image, where it is known.
    public let imageID: UUID?
    /// When the stage gave up.
    public let occurredAt: Timestamp
    /// How many bytes the original's value has, where this letter leaves it out; nil where `value` is whole.
    public let omittedBytes: Int?
    /// The message that failed, where that is not the original itself but one that a replay sent.
    public let failedReplay: MessagePlace?

    /// A dead letter from its parts. U+0000 in the message becomes U+FFFD: a database could not store it.
    public init(
        stage: Stage, errorCode: String, message: String, sourceTopic: String, partition: Int32, offset: Int64,
        key: [UInt8]?, value: [UInt8], headers: [MessageHeader], imageID: UUID?, occurredAt: Timestamp,
        omittedBytes: Int? = nil, failedReplay: MessagePlace? = nil
    ) {
        self.stage = stage
        self.errorCode = errorCode
        self.message = String(String.UnicodeScalarView(message.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
        self.sourceTopic = sourceTopic
        self.partition = partition
        self.offset = offset
        self.key = key
        self.value = value
        self.headers = headers
        self.imageID = imageID
        self.occurredAt = occurredAt
        self.omittedBytes = omittedBytes
        self.failedReplay = failedReplay
    }

    /// Where the original is.
    public var source: MessagePlace { MessagePlace(topic: sourceTopic, partition: partition, offset: offset) }

    /// The `ce_id`: the same fault always has the same one.
    public var eventID: String { source.description }

    // MARK: - Message

    /// The dead letter as a message.
    public func encoded() -> EncodedEvent {
        var encoded = [
            MessageHeader("ce_specversion", "1.0"),
            MessageHeader("ce_id", eventID),
            MessageHeader("ce_source", "/iotpipe/" + stage.rawValue),
            MessageHeader("ce_type", DeadLetter.type),
            MessageHeader("ce_time", occurredAt.rfc3339),
            // Not the original's own, which could turn this message into another content mode.
            MessageHeader("content-type", "application/octet-stream"),
            MessageHeader("dlq_stage", stage.rawValue),
            MessageHeader("dlq_error_code", errorCode),
            MessageHeader("dlq_error_message", message),
            MessageHeader("dlq_source_topic", sourceTopic),
            MessageHeader("dlq_source_partition", String(partition)),
            MessageHeader("dlq_source_offset", String(offset)),
        ]
        if let imageID { encoded.append(MessageHeader("ce_subject", imageID.lowercased)) }
        if let omittedBytes { encoded.append(MessageHeader("dlq_omitted_bytes", String(omittedBytes))) }
        if let failedReplay { encoded.append(MessageHeader("dlq_failed_replay", failedReplay.description)) }
        encoded += headers.map { MessageHeader(DeadLetter.originalPrefix + $0.name, $0.value) }
        return EncodedEvent(key: key, value: value, headers: encoded)
    }

    /// Reads a message.
    ///
    /// - Throws: `EventError`: missing, malformed or unsupported headers; `invalidValue` where `ce_id` does not belong to
    ///   the topic, partition and offset.
    public init(headers: [MessageHeader], key: [UInt8]?, value: [UInt8]) throws(EventError) {
        let attributes = try CloudEventHeaders(headers, type: DeadLetter.type)
        let id = try attributes.text("ce_id")
        let stage = try attributes.text("dlq_stage")
        guard let stage = Stage(rawValue: stage) else {
            throw attributes.malformed("dlq_stage", Array(stage.utf8), expected: "infer or persist")
        }
        let prefix = DeadLetter.originalPrefix.utf8
        self.init(
            stage: stage, errorCode: try attributes.checkedText("dlq_error_code"),
            message: try attributes.text("dlq_error_message"),
            sourceTopic: try attributes.checkedText("dlq_source_topic"),
            partition: try attributes.integer("dlq_source_partition"),
            offset: try attributes.integer("dlq_source_offset"), key: key, value: value,
            // By bytes: by characters, a combining mark behind the prefix would be taken for a part of it.
            headers: headers.filter { $0.name.utf8.starts(with: prefix) }.map {
                MessageHeader(String(decoding: $0.name.utf8.dropFirst(prefix.count), as: UTF8.self), $0.value)
            },
            imageID: attributes.bytes(ifPresent: "ce_subject") == nil ? nil : try attributes.identifier("ce_subject"),
            occurredAt: try attributes.time("ce_time"), omittedBytes: try DeadLetter.omittedBytes(attributes),
            failedReplay: try DeadLetter.failedReplay(attributes))
        guard id == eventID else {
            throw EventError(
                code: .invalidValue,
                message:
                    "header ce_id: \(EventError.quoted(id.utf8)) is not the topic/partition/offset of the original, "
                    + EventError.quoted(eventID.utf8))
        }
    }

    private static func omittedBytes(_ attributes: CloudEventHeaders) throws(EventError) -> Int? {
        let name = "dlq_omitted_bytes"
        guard let bytes = attributes.bytes(ifPresent: name) else { return nil }
        let count: Int = try attributes.integer(name)
        guard count >= 0 else { throw attributes.malformed(name, bytes, expected: "a number of bytes") }
        return count
    }

    private static func failedReplay(_ attributes: CloudEventHeaders) throws(EventError) -> MessagePlace? {
        let name = "dlq_failed_replay"
        guard let text = try attributes.text(ifPresent: name) else { return nil }
        guard let place = MessagePlace(text) else {
            throw attributes.malformed(name, Array(text.utf8), expected: "TOPIC/PARTITION/OFFSET")
        }
        return place
    }
}
