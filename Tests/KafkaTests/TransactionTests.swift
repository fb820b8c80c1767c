import Synchronization
import Testing
import Threads

@testable import Kafka

/// On librdkafka's mock cluster, which answers every request of a transaction, but shows aborted messages too and forgets the
/// offsets: what becomes of those is tested on Apache Kafka.
@Suite struct TransactionTests {
    private let limit = Duration.seconds(30)

    private func transactional(_ fixture: Fixture, _ id: String = "t") throws -> Producer {
        let producer = try fixture.producer(["transactional.id": id, "transaction.timeout.ms": "10000"])
        try producer.initTransactions(timeout: limit)
        return producer
    }

    /// A member of a group that has the topic's partition.
    private func member(_ fixture: Fixture) throws -> Consumer {
        let consumer = try fixture.consumer(group: "g")
        try consumer.subscribe([fixture.topic])
        try pollUntil(consumer, "the assignment") { _ in !consumer.assignment.isEmpty }
        return consumer
    }

    @Test func transactionsFollowEachOther() throws {
        let fixture = try Fixture()
        let partition = fixture.partitions(1)[0]
        let consumer = try member(fixture)
        let producer = try transactional(fixture)
        for round in 1...3 {
            try producer.beginTransaction()
            #expect(try producer.send(topic: fixture.topic, key: nil, value: bytes("\(round)")))
            let offsets = [TopicPartitionOffset(partition, Int64(round))]
            try producer.sendOffsets(offsets, group: consumer.groupMetadata(), timeout: limit)
            try producer.commitTransaction(timeout: limit)
        }
        #expect(producer.queued == 0)
        var values: [[UInt8]] = []
        try pollUntil(consumer, "three messages") {
            values += $0.map(\.value)
            return values.count == 3
        }
        #expect(values == ["1", "2", "3"].map(bytes))
        consumer.close()
        producer.close()
    }

    @Test func anAbortedTransactionIsFollowedByAnother() throws {
        let fixture = try Fixture()
        let partition = fixture.partitions(1)[0]
        let consumer = try member(fixture)
        let producer = try transactional(fixture)
        try producer.beginTransaction()
        #expect(try producer.send(topic: fixture.topic, key: nil, value: bytes("void")))
        let metadata = try consumer.groupMetadata()
        try producer.sendOffsets([TopicPartitionOffset(partition, 7)], group: metadata, timeout: limit)
        try producer.abortTransaction(timeout: limit)
        try producer.beginTransaction()
        #expect(try producer.send(topic: fixture.topic, key: nil, value: bytes("good")))
        try producer.commitTransaction(timeout: limit)
        consumer.close()
    }

    @Test func whoIsNoMemberHasNoMetadata() throws {
        let fixture = try Fixture()
        let consumer = try fixture.consumer(group: "g")
        #expect(kafkaError { _ = try consumer.groupMetadata() }?.name == "UNKNOWN_MEMBER_ID")
        try consumer.subscribe([fixture.topic])
        try pollUntil(consumer, "the assignment") { _ in !consumer.assignment.isEmpty }
        _ = try consumer.groupMetadata()
        consumer.close()
        #expect(kafkaError { _ = try consumer.groupMetadata() } != nil)
    }

    @Test func callsOutOfOrderAreRefused() throws {
        let fixture = try Fixture()
        let producer = try fixture.producer(["transactional.id": "t"])
        #expect(kafkaError { try producer.beginTransaction() }?.name == "_STATE")
        try producer.initTransactions(timeout: limit)
        #expect(kafkaError { _ = try producer.send(topic: fixture.topic, key: nil, value: [1]) } != nil)
        #expect(kafkaError { try producer.commitTransaction(timeout: limit) }?.name == "_STATE")
        let plain = try fixture.producer()
        #expect(kafkaError { try plain.initTransactions(timeout: limit) }?.name == "_NOT_CONFIGURED")
    }

    @Test func aBrokerThatIsAwayIsWaitedFor() throws {
        let fixture = try Fixture()
        let producer = try transactional(fixture)
        try producer.beginTransaction()
        #expect(try producer.send(topic: fixture.topic, key: nil, value: bytes("late")))
        try fixture.broker.stopBroker(1)
        let error = kafkaError { try producer.commitTransaction(timeout: .milliseconds(300)) }
        #expect(error?.isRetriable == true && error?.requiresAbort == false && error?.isFatal == false)
        try fixture.broker.startBroker(1)
        try producer.commitTransaction(timeout: limit)
    }

    @Test func offsetsOfAMemberThatWasReplacedRequireAnAbort() throws {
        let fixture = try Fixture()
        let offsets = [TopicPartitionOffset(fixture.partitions(1)[0], 1)]
        let consumer = try member(fixture)
        let producer = try transactional(fixture)
        try producer.beginTransaction()
        fixture.broker.refuseNext(.illegalGeneration)
        let metadata = try consumer.groupMetadata()
        let error = kafkaError { try producer.sendOffsets(offsets, group: metadata, timeout: limit) }
        #expect(error?.requiresAbort == true && error?.isRetriable == false && error?.isFatal == false)
        #expect(error?.name == "ILLEGAL_GENERATION")
        try producer.abortTransaction(timeout: limit)
        try producer.beginTransaction()
        try producer.sendOffsets(offsets, group: metadata, timeout: limit)
        try producer.commitTransaction(timeout: limit)
        consumer.close()
    }

    @Test func theNewerProducerFencesTheOlder() throws {
        let fixture = try Fixture()
        let older = try transactional(fixture)
        fixture.broker.refuseNext(.producerFenced)
        try older.beginTransaction()
        #expect(try older.send(topic: fixture.topic, key: nil, value: [1]))
        let error = kafkaError { try older.commitTransaction(timeout: limit) }
        #expect(error?.code == .fenced && error?.isFatal == true)
        #expect(error?.message.contains("\"t\"") == true)
        #expect(error?.message.contains("--instance-id") == true)
    }
}
