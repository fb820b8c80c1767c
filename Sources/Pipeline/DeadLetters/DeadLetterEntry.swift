import Events
import FoundationEssentials

/// A stored dead letter without key, value and headers. The JSON form has these names.
public struct DeadLetterEntry: Sendable, Encodable {
    /// The place of the original: what names the letter.
    public let id: MessagePlace
    /// The Kafka cluster that the source topic is of; empty where an earlier version stored the letter.
    public let cluster: String
    /// The stage that gave up.
    public let stage: String
    /// The kind of the fault.
    public let errorCode: String
    /// The fault in words.
    public let reason: String
    /// The image, where it is known.
    public let imageID: UUID?
    /// When the stage gave up, by RFC 3339.
    public let occurredAt: String
    /// When the letter was first stored, by RFC 3339.
    public let persistedAt: String
    /// Bytes of the original's value.
    public let bytes: Int
    /// Whether the value was left out, being too large, and stayed on the source topic.
    public let isOmitted: Bool
    /// How often putting the original back was begun.
    public let replays: Int
    /// When the broker acknowledged the last replay, by RFC 3339; nil while the letter waits for an operator.
    public let replayedAt: String?
    /// The replayed message that failed last; nil for the original itself.
    public let failedReplay: String?

    private enum CodingKeys: String, CodingKey {
        case id, cluster, stage, errorCode, reason, imageID, occurredAt, persistedAt, bytes, isOmitted, replays
        case replayedAt, failedReplay
    }

    /// As JSON, the id as text.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(id.description, forKey: .id)
        try fields.encode(cluster, forKey: .cluster)
        try fields.encode(stage, forKey: .stage)
        try fields.encode(errorCode, forKey: .errorCode)
        try fields.encode(reason, forKey: .reason)
        try fields.encodeIfPresent(imageID?.lowercased, forKey: .imageID)
        try fields.encode(occurredAt, forKey: .occurredAt)
        try fields.encode(persistedAt, forKey: .persistedAt)
        try fields.encode(bytes, forKey: .bytes)
        try fields.encode(isOmitted, forKey: .isOmitted)
        try fields.encode(replays, forKey: .replays)
        try fields.encodeIfPresent(replayedAt, forKey: .replayedAt)
        try fields.encodeIfPresent(failedReplay, forKey: .failedReplay)
    }
}
