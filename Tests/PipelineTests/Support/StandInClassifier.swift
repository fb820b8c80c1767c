import Events
import Kafka
import TestSupport
import Testing
import Threads

@testable import Pipeline

/// Answers images as infer would, without a model: what the test says becomes of each.
final class StandInClassifier: Sendable {
    /// What becomes of an image.
    enum Answer {
        /// A result with this label.
        case label(String)
        /// A dead letter.
        case deadLetter
        /// Nothing ever.
        case nothing
    }

    private struct State {
        var seen: [ImageCaptured] = []
        var isStopping = false
    }

    private let state = Monitor(State())
    private let thread: OSThread

    /// - Parameters:
    ///   - awaited: images that must have arrived before the first is answered.
    ///   - answer: gets each image and its number in the order of arrival.
    init(
        _ cluster: Cluster, awaiting awaited: Int = 0,
        answer: @escaping @Sendable (ImageCaptured, Int) -> Answer
    ) throws {
        let consumer = try cluster.reader([cluster.topics.images])
        let producer = try Producer(configuration: cluster.kafka(), onDelivery: { _ in })
        let topics = cluster.topics
        let state = self.state
        thread = OSThread(name: "classifier") {
            var waiting: [(Int, ImageCaptured, KafkaMessage)] = []
            while !state.read({ $0.isStopping }) {
                do {
                    for message in try consumer.poll(maximum: 100, timeout: .milliseconds(20)) {
                        let image = try ImageCaptured(headers: message.headers, value: message.value)
                        let number = state.update { state -> Int in
                            defer { state.seen.append(image) }
                            return state.seen.count
                        }
                        waiting.append((number, image, message))
                    }
                    guard state.read({ $0.seen.count }) >= awaited else { continue }
                    for (number, image, message) in waiting {
                        guard
                            let (event, topic) = try StandInClassifier.event(
                                answer(image, number), image, message, topics: topics)
                        else { continue }
                        try producer.sendWaiting(event, topic: topic)
                    }
                    waiting = []
                } catch {
                    Issue.record("the classifier: \(error)")
                    break
                }
            }
            producer.flush(timeout: Wait.patience)
            producer.close()
            consumer.close()
        }
    }

    /// The images seen so far.
    var seen: [ImageCaptured] { state.read { $0.seen } }

    /// Ends it. To be called once.
    func stop() {
        state.update { $0.isStopping = true }
        thread.join()
    }

    private static func event(
        _ answer: Answer, _ image: ImageCaptured, _ message: KafkaMessage, topics: TopicSetup
    ) throws -> (EncodedEvent, String)? {
        switch answer {
        case .nothing: return nil
        case .label(let label):
            let now = Timestamp.now
            let result = ImageClassified(
                imageID: image.id, deviceID: image.deviceID, capturedAt: image.capturedAt, model: "stand-in",
                modelVersion: "0123456789ab-f32", precision: "f32",
                top5: [Prediction(label: label, index: 0, probability: 1)], receivedAt: now, decodedAt: now,
                inferredAt: now, trace: image.trace)
            return (try result.encoded(), topics.inferences)
        case .deadLetter:
            let letter = DeadLetter(
                stage: .infer, errorCode: "image-corrupt", message: "a test", message: message, imageID: image.id)
            return (letter.encoded(), topics.deadLetters)
        }
    }
}
