import Events
import FoundationEssentials

/// What is known of one image: when it was meant to be sent, and how long after that each stage was reached.
public struct LatencyRecord: Sendable, Equatable {
    /// How an image's way ended.
    public enum Outcome: String, Sendable, CaseIterable {
        /// Its result came back in time.
        case ok
        /// The broker has it, but no result came within the result timeout.
        case timedOut = "timed-out"
        /// It could not be processed and lies in the dead-letter topic.
        case deadLettered = "dead-lettered"
        /// The broker never acknowledged it.
        case undelivered
    }

    /// The run it belongs to; all producers of a run share it.
    public var run: String
    /// How many producers took part in the run.
    public var producers: Int
    /// The producer that sent it.
    public var producer: String
    /// The device it comes from.
    public var device: String
    /// The image's own identifier.
    public var imageID: UUID
    /// When the device meant to send it: every duration below counts from here.
    public var planned: Timestamp
    /// Handed to the Kafka client; nanoseconds since `planned`, as all stages are; nil where never reached.
    public var sent: Int64?
    /// Acknowledged by the broker.
    public var acked: Int64?
    /// Received by the classifier. On the classifier's clock: on another machine it may even be negative.
    public var received: Int64?
    /// Decoded by the classifier.
    public var decoded: Int64?
    /// Classified.
    public var inferred: Int64?
    /// The result is back at the producer: the end-to-end latency, on one clock.
    public var result: Int64?
    /// The image's partition in its topic; nil where not acknowledged.
    public var partition: Int32?
    /// The image's offset in its partition; nil where not acknowledged.
    public var offset: Int64?
    /// The true class, where known.
    public var label: String?
    /// The most probable class, where classified.
    public var predicted: String?
    /// How its way ended.
    public var outcome: Outcome

    /// A record; stages left out were never reached.
    public init(
        run: String, producers: Int, producer: String, device: String, imageID: UUID, planned: Timestamp,
        sent: Int64? = nil, acked: Int64? = nil, received: Int64? = nil, decoded: Int64? = nil,
        inferred: Int64? = nil, result: Int64? = nil, partition: Int32? = nil, offset: Int64? = nil,
        label: String? = nil, predicted: String? = nil, outcome: Outcome
    ) {
        self.run = run
        self.producers = producers
        self.producer = producer
        self.device = device
        self.imageID = imageID
        self.planned = planned
        self.sent = sent
        self.acked = acked
        self.received = received
        self.decoded = decoded
        self.inferred = inferred
        self.result = result
        self.partition = partition
        self.offset = offset
        self.label = label
        self.predicted = predicted
        self.outcome = outcome
    }
}
