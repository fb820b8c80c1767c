import Testing
import Threads

@testable import Kafka

@Suite struct AdminTests {
    @Test func metadataDescribesTheCluster() throws {
        let fixture = try Fixture(partitions: 3)
        let admin = try Admin(configuration: fixture.configuration())
        let metadata = try admin.metadata(timeout: .seconds(10))
        #expect(metadata.clusterID?.isEmpty == false)
        #expect(metadata.brokers.map(\.id) == [1])
        #expect(metadata.brokers.first.map { "\($0.host):\($0.port)" } == fixture.broker.bootstrapServers)
        let topic = try #require(metadata.topic(fixture.topic))
        #expect(topic.error == nil)
        #expect(topic.partitions.map(\.id) == [0, 1, 2])
        #expect(topic.partitions.allSatisfy { $0.leader == 1 && $0.replicas == [1] && $0.inSyncReplicas == [1] })
        #expect(metadata.topic("absent") == nil)
    }

    @Test func watermarksAndCommittedOffsets() throws {
        let fixture = try Fixture()
        try fixture.fill(4)
        let partition = fixture.partitions(1)[0]
        let admin = try Admin(configuration: fixture.configuration())
        #expect(try admin.watermarks(partition, timeout: .seconds(10)) == (low: 0, high: 4))
        let consumer = try fixture.consumer(group: "g")
        try consumer.subscribe([fixture.topic])
        try pollUntil(consumer, "the assignment") { _ in !consumer.assignment.isEmpty }
        try consumer.commit([TopicPartitionOffset(partition, 2)], async: false)
        #expect(
            try fixture.consumer(group: "g").committed([partition], timeout: .seconds(10))
                == [TopicPartitionOffset(partition, 2)])
    }

    /// One question for partitions that several brokers lead; the answers have its order.
    @Test func endsOfPartitions() throws {
        let broker = try EmbeddedBroker(brokers: 3)
        try broker.createTopic("t", partitions: 4)
        let partitions = (0..<4).map { TopicPartition(topic: "t", partition: $0) }
        for partition in partitions { try broker.moveLeader(of: partition, to: partition.partition % 3 + 1) }
        let producer = try Producer(configuration: broker.clientConfiguration) { _ in }
        defer { producer.close() }
        for partition in partitions {
            for _ in 0...partition.partition {
                _ = try producer.send(topic: "t", partition: partition.partition, key: nil, value: [1])
            }
        }
        producer.flush(timeout: .seconds(30))
        let admin = try Admin(configuration: broker.clientConfiguration)
        let order = [partitions[2], partitions[0], partitions[3], partitions[1]]
        #expect(
            try admin.ends(of: order, timeout: .seconds(30))
                == order.map { TopicPartitionOffset($0, Int64($0.partition) + 1) })
        #expect(try admin.ends(of: [], timeout: .seconds(1)).isEmpty)
        let missing = TopicPartition(topic: "t", partition: 9)
        let error = kafkaError { try admin.ends(of: [partitions[0], missing], timeout: .seconds(1)) }
        #expect(error?.message.contains("t/9") == true, "\(String(describing: error))")
    }

    @Test func watermarksOfAPartitionThatHasMoved() throws {
        let broker = try EmbeddedBroker(brokers: 2)
        try broker.createTopic("t", partitions: 1)
        let partition = TopicPartition(topic: "t", partition: 0)
        let admin = try Admin(configuration: broker.clientConfiguration)
        // Both ways, whoever led first.
        for leader: Int32 in [1, 2, 1] {
            try broker.moveLeader(of: partition, to: leader)
            #expect(try admin.watermarks(partition, timeout: .seconds(5)) == (low: 0, high: 0))
        }
    }

    /// The machine of the leader is gone without a word: that takes no longer than the caller would wait.
    @Test func watermarksOfAPartitionWhoseLeaderIsSilent() throws {
        let broker = try EmbeddedBroker()
        try broker.createTopic("t", partitions: 1)
        let partition = TopicPartition(topic: "t", partition: 0)
        let admin = try Admin(configuration: broker.clientConfiguration)
        #expect(try admin.watermarks(partition, timeout: .seconds(10)) == (low: 0, high: 0))
        broker.setRoundTripTime(.seconds(300))
        let start = MonotonicClock.now
        let error = kafkaError { try admin.watermarks(partition, timeout: .seconds(1)) }
        #expect(error?.code == .timedOut && error?.isRetriable == true)
        #expect(MonotonicClock.now - start < 30_000_000_000)
    }

    @Test func unreachableBrokerIsNamedWithinTheTimeout() throws {
        let admin = try Admin(configuration: KafkaConfiguration(bootstrapServers: "127.0.0.1:1"))
        let start = MonotonicClock.now
        let error = kafkaError { try admin.metadata(timeout: .milliseconds(700)) }
        #expect(MonotonicClock.now - start < 3_000_000_000)
        #expect(error?.code == .unreachable)
        #expect(error?.isRetriable == true)
        #expect(error?.message.contains("127.0.0.1:1") == true)
        #expect(error?.message.contains("Connection refused") == true)
    }

    @Test func waitsUntilTheBrokerIsBack() throws {
        let fixture = try Fixture()
        try fixture.broker.stopBroker(1)
        let admin = try Admin(configuration: fixture.configuration())
        #expect(throws: KafkaError.self) { try admin.waitUntilReachable(timeout: .milliseconds(300)) }
        try fixture.broker.startBroker(1)
        try admin.waitUntilReachable(timeout: .seconds(20))
    }
}
