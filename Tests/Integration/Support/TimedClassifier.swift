import Events
import Foundation
import Kafka
import Telemetry
import TestSupport
import Testing
import Threads

@testable import Pipeline

/// Stands in for infer, and answers each image at an instant that the test chooses: so each latency is known.
///
/// Instants are nanoseconds of `MonotonicClock`. Threads: one receives images, one sends answers when they are due, one
/// reads the answers as a producer would, and knows when each was there.
final class TimedClassifier: Sendable {
    /// What is known of one image.
    struct Known {
        /// The planned instant, by the image's own stamp.
        let planned: UInt64
        let received: UInt64
        /// When its answer was handed to the Kafka client.
        var answered: UInt64?
        /// When its answer was read.
        var read: UInt64?
    }

    private struct Due {
        let instant: UInt64
        let image: ImageCaptured
        let received: Timestamp
    }

    private struct State {
        var images: [UUID: Known] = [:]
        /// In the order in which they are due.
        var due: [Due] = []
        var isStopping = false
    }

    private let state = Monitor(State())
    private let topics: TopicSetup
    private let threads: [OSThread]

    /// Makes the topics, and begins.
    ///
    /// - Parameters:
    ///   - clock: how far the stamps in its answers are ahead.
    ///   - answer: the instant at which an image is answered, by its planned instant and its number.
    init(
        on kafka: KafkaServer, topics: TopicSetup, clock: Duration,
        answer: @escaping @Sendable (_ planned: UInt64, _ number: Int) -> UInt64
    ) throws {
        self.topics = topics
        let configuration = KafkaConfiguration(bootstrapServers: kafka.bootstrapServers)
        let admin = try Admin(configuration: configuration)
        let partitions = try topics.ensure(with: admin, timeout: .seconds(10), logger: Logger(role: "test") { _ in })
        func reader(_ topic: String) throws -> Consumer {
            let consumer = try Consumer(configuration: configuration, group: nil)
            try consumer.assign(
                (0..<(partitions[topic] ?? 0)).map {
                    TopicPartitionOffset(TopicPartition(topic: topic, partition: $0), 0)
                })
            return consumer
        }
        let (images, results) = (try reader(topics.images), try reader(topics.inferences))
        let producer = try Producer(configuration: configuration, onDelivery: { _ in })
        let wall = Timestamp.now.nanoseconds - Int64(MonotonicClock.now)
        let state = self.state
        threads = [
            TimedClassifier.polling("receive", images, until: { state.read { $0.isStopping } }) { message, instant in
                let received = Timestamp.now.adding(nanoseconds: clock.nanoseconds)
                let image = try ImageCaptured(headers: message.headers, value: message.value)
                let planned = UInt64(image.capturedAt.nanoseconds - wall)
                state.update { state in
                    let due = Due(instant: answer(planned, state.images.count), image: image, received: received)
                    state.images[image.id] = Known(planned: planned, received: instant)
                    let place = state.due.firstIndex { $0.instant > due.instant } ?? state.due.count
                    state.due.insert(due, at: place)
                }
            },
            OSThread(name: "answer") {
                while let due = TimedClassifier.next(state) {
                    let now = Timestamp.now.adding(nanoseconds: clock.nanoseconds)
                    let instant = MonotonicClock.now
                    state.read { $0.images[due.image.id]?.answered = instant }
                    do {
                        let result = try TimedClassifier.result(due, inferred: now).encoded()
                        try producer.sendWaiting(result, topic: topics.inferences)
                    } catch {
                        Issue.record("the stand-in's answer: \(error)")
                    }
                }
                producer.flush(timeout: .seconds(10))
                producer.close()
            },
            TimedClassifier.polling("read", results, until: { state.read { $0.isStopping } }) { message, instant in
                let result = try ImageClassified(headers: message.headers, value: message.value)
                state.read { $0.images[result.imageID]?.read = instant }
            },
        ]
    }

    /// Answers that were sent and not read yet.
    var unread: Int { state.read { $0.images.values.count { $0.answered != nil && $0.read == nil } } }

    /// Ends it.
    ///
    /// - Returns: what is known of each image.
    func stop() -> [UUID: Known] {
        state.update { $0.isStopping = true }
        for thread in threads { thread.join() }
        return state.read { $0.images }
    }

    private static func polling(
        _ name: String, _ consumer: Consumer, until isOver: @escaping @Sendable () -> Bool,
        take: @escaping @Sendable (KafkaMessage, UInt64) throws -> Void
    ) -> OSThread {
        OSThread(name: name) {
            while !isOver() {
                do {
                    let messages = try consumer.poll(maximum: 1_000, timeout: .milliseconds(50))
                    let instant = MonotonicClock.now
                    for message in messages { try take(message, instant) }
                } catch {
                    Issue.record("the stand-in's \(name): \(error)")
                    break
                }
            }
            consumer.close()
        }
    }

    private enum Step {
        case answer(Due)
        case lookAgain
        case end
    }

    /// Waits until the next answer is due; nil at the end.
    private static func next(_ state: Monitor<State>) -> Due? {
        while true {
            let first = state.read { $0.due.first?.instant }
            let step = state.wait(until: first) { state -> Step? in
                if state.isStopping { return .end }
                if let due = state.due.first, due.instant <= MonotonicClock.now {
                    state.due.removeFirst()
                    return .answer(due)
                }
                return state.due.first?.instant == first ? nil : .lookAgain
            }
            switch step {
            case .answer(let due): return due
            case .end: return nil
            case .lookAgain, nil: continue
            }
        }
    }

    private static func result(_ due: Due, inferred: Timestamp) -> ImageClassified {
        ImageClassified(
            imageID: due.image.id, deviceID: due.image.deviceID, capturedAt: due.image.capturedAt, model: "stand-in",
            modelVersion: "0123456789ab-f32", precision: "f32",
            top5: [Prediction(label: "apple", index: 0, probability: 1)], receivedAt: due.received,
            decodedAt: due.received, inferredAt: inferred, trace: due.image.trace)
    }
}
