/// A place in a partition: the offset of the next message to read.
public struct TopicPartitionOffset: Hashable, Sendable, CustomStringConvertible {
    /// The oldest message that the partition holds.
    public static let beginning: Int64 = -2
    /// Behind the newest message: only what comes later.
    public static let end: Int64 = -1
    /// What the group has committed.
    public static let stored: Int64 = -1000
    /// No offset: nothing was committed, or nothing is known.
    public static let invalid: Int64 = -1001

    /// Not yet: a rebalance listener puts the partition off until `Consumer.place`.
    public static let later = Int64.min

    /// The partition.
    public let topicPartition: TopicPartition
    /// The offset of the next message, or one of the constants above.
    public let offset: Int64

    /// Names a place.
    public init(_ topicPartition: TopicPartition, _ offset: Int64) {
        self.topicPartition = topicPartition
        self.offset = offset
    }

    /// Names a place.
    public init(topic: String, partition: Int32, offset: Int64) {
        self.init(TopicPartition(topic: topic, partition: partition), offset)
    }

    /// The topic's name.
    public var topic: String { topicPartition.topic }
    /// The partition's number.
    public var partition: Int32 { topicPartition.partition }

    /// `topic/partition@offset`.
    public var description: String { "\(topicPartition)@\(offset)" }
}
