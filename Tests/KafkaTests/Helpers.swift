import Events
import Glibc
import Kafka
import Synchronization
import Testing
import Threads

/// Waits for a condition by polling the consumer, for 60 seconds at most (machines are busy).
func pollUntil(
    _ consumer: Consumer, _ what: String, maximum: Int = 500, _ body: ([KafkaMessage]) throws -> Bool
) throws {
    let deadline = MonotonicClock.deadline(after: .seconds(60))
    while MonotonicClock.now < deadline {
        let messages = try consumer.poll(maximum: maximum, timeout: .milliseconds(50))
        if try body(messages) { return }
    }
    Issue.record("timed out: \(what)")
}

/// A topic on an embedded broker of its own, and the clients of it.
struct Fixture {
    let broker: EmbeddedBroker
    let topic = "test"

    init(partitions: Int32 = 1) throws {
        // As the program does: librdkafka writes to pipes whose reader may have gone.
        signal(SIGPIPE, SIG_IGN)
        broker = try EmbeddedBroker()
        try broker.createTopic(topic, partitions: partitions)
    }

    func configuration(_ properties: KeyValuePairs<String, String> = [:]) -> KafkaConfiguration {
        var configuration = broker.clientConfiguration
        // Members hear of a rebalance with their heartbeat.
        configuration.set("heartbeat.interval.ms", "100")
        for (name, value) in properties { configuration.set(name, value) }
        return configuration
    }

    func producer(
        _ properties: KeyValuePairs<String, String> = [:],
        onDelivery: @escaping @Sendable ([Producer.DeliveryReport]) -> Void = { _ in }
    ) throws -> Producer {
        try Producer(configuration: configuration(properties), onDelivery: onDelivery)
    }

    func consumer(group: String? = nil, _ properties: KeyValuePairs<String, String> = [:]) throws -> Consumer {
        try Consumer(configuration: configuration(properties), group: group)
    }

    /// Sends numbered messages (their value is the number) and waits until all are delivered.
    func fill(_ count: Int, partitions: Int32 = 1) throws {
        let producer = try producer()
        for number in 0..<count {
            let value = Array(String(number).utf8)
            let partition = Int32(number) % partitions
            while try !producer.send(topic: topic, partition: partition, key: nil, value: value) {
                producer.waitForRoom(until: MonotonicClock.deadline(after: .seconds(1)))
            }
        }
        #expect(producer.flush(timeout: .seconds(20)) == 0)
        producer.close()
    }

    func partitions(_ count: Int32) -> [TopicPartition] {
        (0..<count).map { TopicPartition(topic: topic, partition: $0) }
    }
}

/// What a listener was told.
final class Rebalances: Sendable {
    private let state = Mutex<[(String, [TopicPartition])]>([])

    func note(_ event: String, _ partitions: [TopicPartition]) { state.withLock { $0.append((event, partitions)) } }

    func partitions(_ event: String) -> [TopicPartition] {
        state.withLock { $0.filter { $0.0 == event }.flatMap(\.1) }
    }
}

/// A text's bytes.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
