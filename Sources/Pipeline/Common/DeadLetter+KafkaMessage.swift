import Events
import FoundationEssentials
import Kafka

extension DeadLetter {
    /// The dead letter for a message as it was read from Kafka.
    ///
    /// - Parameters:
    ///   - errorCode: a stable name of the fault.
    ///   - description: what is wrong with the message.
    init(stage: Stage, errorCode: String, message description: String, message: KafkaMessage, imageID: UUID?) {
        self.init(
            stage: stage, errorCode: errorCode, message: description, sourceTopic: message.topic,
            partition: message.partition, offset: message.offset, key: message.key, value: message.value,
            headers: message.headers, imageID: imageID, occurredAt: Timestamp.now)
    }
}
