/// The parts of an answered image's latency, in their order. They follow each other without a gap, so they add up to it.
public enum Stage: String, Sendable, CaseIterable {
    /// From the planned instant until it was handed to the Kafka client.
    case send
    /// Until the classifier had it: the way to the broker, the wait there, and the way on.
    case queue = "broker-and-queue"
    /// Until its picture was decoded.
    case decode
    /// Until it was classified: the wait for a batch, too.
    case inference
    /// Until its result was back at the producer.
    case `return`

    /// What a person reads.
    var name: String {
        switch self {
        case .send: "send delay"
        case .queue: "broker and queue"
        case .decode, .inference, .return: rawValue
        }
    }

    /// The stage's place in `allCases`.
    var index: Int {
        switch self {
        case .send: 0
        case .queue: 1
        case .decode: 2
        case .inference: 3
        case .return: 4
        }
    }
}
