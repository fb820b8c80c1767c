/// Where a message is: `TOPIC/PARTITION/OFFSET`. A topic's name has no slash.
public struct MessagePlace: Sendable, Hashable, CustomStringConvertible {
    /// The topic.
    public let topic: String
    /// The partition's number.
    public let partition: Int32
    /// The offset in the partition.
    public let offset: Int64

    /// A place from its parts.
    public init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }

    /// Reads `TOPIC/PARTITION/OFFSET`; nil where it is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, MessagePlace.isTopicName(parts[0]), let partition = Int32(parts[1]), partition >= 0,
            let offset = Int64(parts[2]), offset >= 0
        else { return nil }
        self.init(topic: String(parts[0]), partition: partition, offset: offset)
    }

    /// As it is read.
    public var description: String { "\(topic)/\(partition)/\(offset)" }

    /// Kafka's rule: up to 249 letters, digits, dots, dashes and underscores.
    private static func isTopicName(_ text: Substring) -> Bool {
        (1...249).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
