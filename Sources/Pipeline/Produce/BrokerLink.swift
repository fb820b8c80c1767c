import Kafka

/// What a producer has once the broker has answered: who sends, and who reads the results.
struct BrokerLink: Sendable {
    /// Sends images, and what the spool keeps.
    let outgoing: Outgoing
    /// Reads the results.
    let reading: ResultReader.Reading
    /// Partitions of the topic of images.
    let imagePartitions: Int32
}

extension KafkaError {
    /// Whether the broker is only away.
    var isAbsence: Bool { code == .unreachable || mayBeSentAgain }

    /// Whether it is this one message that is refused, whenever it is sent: others may be taken.
    var refusesMessage: Bool {
        // INVALID_MSG, INVALID_TIMESTAMP, UNSUPPORTED_FOR_MESSAGE_FORMAT and INVALID_RECORD of Kafka's protocol.
        code == .messageTooLarge || !mayBeSentAgain && [2, 32, 43, 87].contains(rdKafkaCode)
    }
}
