import Events
import FoundationEssentials
import Kafka
import Telemetry
import Threads

/// Reads the results and dead letters of this producer's images, without a consumer group: every partition, from the end
/// offsets taken before the first image is sent.
final class ResultReader: Sendable {
    private let consumer: Consumer
    private let options: ProduceOptions
    private let services: RoleServices
    private let stopping = Monitor(false)
    private let failure = Monitor<KafkaError?>(nil)
    private let ownKeys: [UInt8]

    /// Takes the end offsets.
    ///
    /// - Parameters:
    ///   - partitions: number of partitions by topic.
    ///   - timeout: how long the broker may take to answer.
    init(
        options: ProduceOptions, partitions: [String: Int32], services: RoleServices, timeout: Duration
    ) throws {
        self.options = options
        self.services = services
        ownKeys = Array(options.deviceIDPrefix.utf8)
        let logger = services.logger
        consumer = try Consumer(
            configuration: options.kafka, group: nil,
            onError: { error in logger.warning("results: \(error.message)", ["error": error.name]) })
        let places = [options.topics.inferences, options.topics.deadLetters].flatMap { topic in
            (0..<(partitions[topic] ?? 0)).map { TopicPartition(topic: topic, partition: $0) }
        }
        try consumer.assign(try consumer.ends(of: places, timeout: timeout))
    }

    /// A reading thread that can be stopped.
    struct Reading: Sendable {
        fileprivate let reader: ResultReader
        fileprivate let thread: OSThread

        /// Ends the reading and closes the consumer.
        ///
        /// - Throws: what ended the reading before.
        func stop() throws(KafkaError) {
            reader.stopping.update { $0 = true }
            thread.join()
            reader.consumer.close()
            if let error = reader.failure.read({ $0 }) { throw error }
        }
    }

    /// Starts the thread that matches results with the images in flight.
    func start(pending: PendingImages, credit: CreditWindow?) -> Reading {
        let thread = OSThread(name: "results") { [self] in
            while !stopping.read({ $0 }) {
                do throws(KafkaError) {
                    let messages = try consumer.poll(maximum: 1_000, timeout: .milliseconds(50))
                    // One instant for what came together: decoding is not part of the latency.
                    let instant = MonotonicClock.now
                    pending.take(messages.compactMap { answer(in: $0, at: instant, credit: credit) })
                } catch {
                    guard error.code == .unknownTopic || error.mayBeSentAgain else {
                        failure.update { $0 = error }
                        services.stop.request()
                        return
                    }
                    // A broker that has just started may not know its topics yet.
                    services.logger.warning("results: \(error.message)", ["error": error.name])
                }
            }
        }
        return Reading(reader: self, thread: thread)
    }

    /// What a message says of an image of ours that was read at `instant`.
    private func answer(
        in message: KafkaMessage, at instant: UInt64, credit: CreditWindow?
    ) -> (id: UUID, answer: PendingImage.Answer)? {
        // Results of other producers are not even decoded.
        guard let key = message.key, key.starts(with: ownKeys) else { return nil }
        do {
            if message.topic == options.topics.deadLetters {
                let letter = try DeadLetter(headers: message.headers, key: message.key, value: message.value)
                guard let id = letter.imageID else { return nil }
                credit?.letterSeen(id, partition: message.partition, offset: message.offset)
                return (id, PendingImage.Answer(outcome: .deadLettered, instant: instant, result: nil))
            }
            let result = try ImageClassified(headers: message.headers, value: message.value)
            credit?.resultSeen(result.imageID, partition: message.partition, offset: message.offset)
            return (result.imageID, PendingImage.Answer(outcome: .ok, instant: instant, result: result))
        } catch {
            // Not ours to judge: persist makes a dead letter of it.
            services.logger.debug("skipped what is no result: \(error)", ["offset": message.offset])
            return nil
        }
    }
}
