import Events
import Images
import Inference
import Telemetry
import Threads

/// Turns messages into pictures for the model. One that is no image event is passed over; a picture that does not decode
/// goes to the dead letters.
struct ImageDecoder: Sendable {
    let topics: TopicSetup
    let tracker: CommitTracker
    let delivery: any Delivery
    let logger: Logger
    /// Called for each message that is no image event.
    let onSkipped: @Sendable () -> Void

    /// Decodes until the queue is closed and empty.
    ///
    /// - Parameter isOver: whether what is left is to be left to others.
    func run(
        from queue: BoundedQueue<ReceivedImage>, to batcher: Batcher<ModelItem>, isOver: () -> Bool
    ) {
        while let received = queue.pop() {
            delivery.waitForRoom()
            if isOver() { continue }
            if let decoded = decode(received) { batcher.push(.message(decoded)) }
        }
    }

    private func decode(_ received: ReceivedImage) -> DecodedImage? {
        let message = received.message
        let envelope: ImageCaptured.Envelope
        do {
            envelope = try ImageCaptured.envelope(headers: message.headers)
        } catch {
            // Faults of the envelope are persist's to report, so that none is counted twice.
            logger.warning(
                "not an image event, skipped: \(error.message)",
                ["topic": message.topic, "partition": message.partition, "offset": message.offset])
            onSkipped()
            tracker.finish(received.ticket)
            return nil
        }
        do {
            return DecodedImage(
                envelope: envelope, image: try PNGCodec.decode(message.value), ticket: received.ticket,
                receivedAt: received.receivedAt, decodedAt: Timestamp.now)
        } catch {
            logger.warning(
                "picture does not decode, sent to \(topics.deadLetters): \(error.message)",
                ["image": envelope.id.lowercased, "partition": message.partition, "offset": message.offset])
            let letter = DeadLetter(
                stage: .infer, errorCode: "image-\(error.code)", message: error.message, message: message,
                imageID: envelope.id)
            delivery.send([Outcome(ticket: received.ticket, event: letter.encoded(), topic: topics.deadLetters)])
            return nil
        }
    }
}
