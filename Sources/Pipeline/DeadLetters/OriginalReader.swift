import Events
import Kafka

/// Reads single messages from where a dead letter says that its original is.
final class OriginalReader {
    /// After so many letters whose broker gave no answer it is taken to be away.
    private static let patience = 3

    private let consumer: Consumer
    private let timeout: Duration
    private var silences = 0

    init(configuration: KafkaConfiguration, timeout: Duration) throws {
        consumer = try Consumer(configuration: configuration, group: nil)
        self.timeout = timeout
    }

    /// The message at that place.
    ///
    /// - Throws: `DeadLetterRefusal` where it is not there (any more) or its broker does not answer; `KafkaError` where no
    ///   broker has answered several times.
    func read(_ place: MessagePlace) throws -> KafkaMessage {
        do {
            let message = try find(place)
            silences = 0
            return message
        } catch let error as KafkaError {
            if [.timedOut, .transport, .unreachable].contains(error.code) { silences += 1 }
            guard silences < OriginalReader.patience, error.code != .fatal else { throw error }
            throw DeadLetterRefusal(
                "its value was too large for a dead letter and could not be read from its topic: \(error.message)")
        }
    }

    private func find(_ place: MessagePlace) throws -> KafkaMessage {
        let partition = TopicPartition(topic: place.topic, partition: place.partition)
        let range = try consumer.watermarks(partition, timeout: timeout)
        guard range.low <= place.offset, place.offset < range.high else {
            throw DeadLetterRefusal(
                "its value was too large for a dead letter and is not on \(partition) any more: the broker holds offsets "
                    + "\(range.low) to \(range.high). Give the value again by --value")
        }
        try consumer.assign([TopicPartitionOffset(partition, place.offset)])
        let deadline = MonotonicDeadline(after: timeout)
        repeat {
            let messages = try consumer.poll(maximum: 1, timeout: min(deadline.remaining, .milliseconds(100)))
            for message in messages where message.topicPartition == partition && message.offset >= place.offset {
                if message.offset == place.offset { return message }
                throw DeadLetterRefusal("its value was too large for a dead letter and is not on \(partition) any more")
            }
        } while !deadline.hasPassed
        throw DeadLetterRefusal(
            "its value was too large for a dead letter and could not be read from \(partition) in time")
    }

    /// Ends the reader.
    func close() {
        consumer.close()
    }
}
