import Kafka
import Threads

/// What a producer has once the broker has answered: who sends, and who reads the results.
struct BrokerLink: Sendable {
    /// Sends images, and what the spool keeps.
    let outgoing: Outgoing
    /// Reads the results.
    let reading: ResultReader.Reading
    /// Partitions of the topic of images.
    let imagePartitions: Int32
    /// The thread that empties the spool.
    let spoolThread: OSThread?
}

extension KafkaError {
    /// Whether the broker is only away.
    var isAbsence: Bool { code == .unreachable || mayBeSentAgain }
}
