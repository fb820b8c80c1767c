import Glibc
import Kafka
import Threads

/// A Kafka broker for trying out, in a process of its own: librdkafka's mock cluster on a loopback port.
public enum EmbeddedBrokerRole {
    /// Runs until a stop is asked for. The first line of standard output is the bootstrap address.
    ///
    /// - Throws: `KafkaError` where the mock cluster or a topic cannot be made.
    public static func run(topics: TopicSetup, stop: StopSignal) throws {
        let broker = try EmbeddedBroker()
        for topic in topics.all { try broker.createTopic(topic, partitions: topics.partitions) }
        // Clients cannot make topics here.
        try broker.createTopic(BrokerCheck.probeTopic, partitions: 1)
        // Not `print`: standard output is a pipe, and must not wait for a buffer to fill.
        let line = Array((broker.bootstrapServers + "\n").utf8)
        guard write(1, line, line.count) == line.count else {
            throw RoleError(
                .ioFailure, "cannot write the address to standard output: \(String(cString: strerror(errno)))")
        }
        stop.wait()
        withExtendedLifetime(broker) {}
    }
}
