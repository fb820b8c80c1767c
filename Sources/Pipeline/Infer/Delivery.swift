import Events
import Kafka

/// What infer promises about the results of an image.
public enum DeliveryGuarantee: String, CaseIterable, Sendable {
    /// Each result reaches its topic; after a crash some are there twice, under the same id.
    case atLeastOnce = "at-least-once"
    /// Readers of committed messages see each result once: Kafka transactions.
    case exactlyOnce = "exactly-once"
}

/// How results reach the broker, and with them the offsets of the images that they came of.
protocol Delivery: Sendable {
    /// What cannot be mended by trying again; nil while all is well.
    var failure: KafkaError? { get }

    /// Waits while more is under way than should be kept in memory. To be called before a message is taken into work.
    func waitForRoom()

    /// Takes what came of messages; their tickets are this delivery's to finish.
    func send(_ outcomes: [Outcome])

    /// Tries again what failed. To be called by the polling thread from time to time.
    func tend()

    /// Commits what is complete of partitions that are about to be taken away. Called within a rebalance, so it must not
    /// take long.
    func release(_ partitions: [TopicPartition])

    /// Waits until everything is delivered and committed, or the time is up.
    func drain(timeout: Duration)

    /// Ends the producer.
    func close()
}

/// What came of one message: a result or a dead letter.
struct Outcome: Sendable {
    /// The message's.
    let ticket: CommitTracker.Ticket
    /// What is sent.
    var event: EncodedEvent
    /// Where to.
    let topic: String
    /// Whether a result names the image's label; nil where the image has none, or one that the model does not know.
    var isRight: Bool?
}
