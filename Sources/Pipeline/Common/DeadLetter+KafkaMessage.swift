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
        let place = MessagePlace(topic: message.topic, partition: message.partition, offset: message.offset)
        self.init(
            stage: stage, errorCode: errorCode, message: description, at: place, key: message.key,
            value: message.value, headers: message.headers, imageID: imageID, occurredAt: Timestamp.now)
    }
}
