import Kafka
import Telemetry

/// Dead letters: those that persist sends, and those that it cannot read.
extension PersistRole {
    /// Says which messages on the topic of dead letters are none.
    func tellOfMalformedLetters() {
        counters.addMalformedLetters(unstored.malformedLetters.count)
        for letter in unstored.malformedLetters {
            services.logger.error(
                "no dead letter, left on \(letter.message.topic): \(letter.reason)",
                ["partition": letter.message.partition, "offset": letter.message.offset])
        }
    }

    /// Sends the dead letters of a batch: they are on the broker before the offsets of their messages are stored; a
    /// repetition has the same id.
    func sendRejected(by letters: DeadLetterSender, _ reader: PersistReader) throws {
        while !unstored.rejected.isEmpty {
            let rejected = unstored.takeRejected()
            for item in rejected {
                services.logger.warning(
                    "sent to \(options.topics.deadLetters): \(item.event.message)",
                    [
                        "topic": item.message.topic, "partition": item.message.partition,
                        "offset": item.message.offset, "error": item.event.errorCode,
                    ])
            }
            var failure: (any Error)?
            var isWaiting = false
            do {
                try letters.send(rejected.map(\.event)) {
                    // Asked again and again while the broker has not acknowledged them: the group must not wait.
                    do {
                        add(try reader.idle(for: .zero))
                        isWaiting = true
                    } catch {
                        failure = error
                    }
                    return failure != nil || drain.hasPassed
                }
            } catch {
                unstored.putBack(rejected)
                throw failure ?? error
            }
            if isWaiting { try reader.resume() }
        }
    }
}
