import Events
import Glibc
import Kafka
import Telemetry
import Testing
import Threads

@testable import Pipeline

/// An embedded broker with the pipeline's topics, and what its clients need.
final class Cluster {
    let broker: EmbeddedBroker
    let topics = TopicSetup()
    let log = LogLines()
    let stop = StopSignal()

    init(partitions: Int32 = 2) throws {
        // As the program does: librdkafka writes to pipes whose reader may have gone.
        signal(SIGPIPE, SIG_IGN)
        broker = try EmbeddedBroker()
        for topic in topics.all { try broker.createTopic(topic, partitions: partitions) }
    }

    func kafka(_ properties: KeyValuePairs<String, String> = [:]) -> KafkaConfiguration {
        var configuration = broker.clientConfiguration
        // A broker that was away is asked again soon.
        configuration.set("reconnect.backoff.max.ms", "100")
        configuration.set("reconnect.backoff.ms", "50")
        for (name, value) in properties { configuration.set(name, value) }
        return configuration
    }

    var services: RoleServices { RoleServices(logger: log.logger, stop: stop) }

    /// Sends events and waits until the broker has them.
    func send(_ events: [EncodedEvent], topic: String, partition: Int32 = -1) throws {
        let producer = try Producer(configuration: kafka(), onDelivery: { _ in })
        for event in events {
            let isTaken = try producer.send(event, topic: topic, partition: partition)
            #expect(isTaken)
        }
        #expect(producer.flush(timeout: Wait.patience) == 0)
        producer.close()
    }

    /// A reader of a topic's partitions from the start.
    func reader(_ names: [String]) throws -> Consumer {
        let consumer = try Consumer(configuration: kafka(), group: nil)
        let admin = try Admin(configuration: kafka())
        let metadata = try admin.metadata(timeout: Wait.patience)
        try consumer.assign(
            names.flatMap { name in
                (metadata.topic(named: name)?.partitions ?? []).map {
                    TopicPartitionOffset(TopicPartition(topic: name, partition: $0.id), 0)
                }
            })
        return consumer
    }

    /// Reads that many messages of a topic.
    func read(_ count: Int, from topic: String) throws -> [KafkaMessage] {
        let consumer = try reader([topic])
        defer { consumer.close() }
        var messages: [KafkaMessage] = []
        try Wait.until("\(count) messages in \(topic)") {
            messages += try consumer.poll(maximum: 1_000, timeout: .milliseconds(50))
            return messages.count >= count
        }
        return messages
    }
}
