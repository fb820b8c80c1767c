import Events
import Images
import Kafka

/// A message that waits to be decoded.
struct ReceivedImage: Sendable {
    let message: KafkaMessage
    let ticket: CommitTracker.Ticket
    let receivedAt: Timestamp
}

/// An image that waits for the model.
struct DecodedImage: Sendable {
    let envelope: ImageCaptured.Envelope
    let image: RGBImage
    let ticket: CommitTracker.Ticket
    let receivedAt: Timestamp
    let decodedAt: Timestamp
}
