import Events
import Synchronization
import Testing
import Threads

@testable import Kafka

@Suite struct ProducerTests {
    @Test func aValueIsKeptUntilItsReportAndNoLonger() throws {
        let fixture = try Fixture()
        let kept = Mutex<[Bool]>([])
        let value = Weak()
        let producer = try fixture.producer(["linger.ms": "60000"]) { batch in
            // Its reference goes with the report.
            kept.withLock { $0 += batch.map { _ in value.bytes != nil } }
        }
        do {
            let bytes = PinnedBytes(Array(repeating: 5, count: 100_000))
            value.set(bytes)
            #expect(try producer.send(topic: fixture.topic, key: nil, value: bytes))
        }
        #expect(value.bytes != nil)
        #expect(producer.flush(timeout: .seconds(60)) == 0)
        #expect(kept.withLock { $0 } == [false])
        #expect(value.bytes == nil)
    }

    @Test func aValueThatIsNotTakenIsGivenBack() throws {
        let fixture = try Fixture()
        let producer = try fixture.producer(["message.max.bytes": "1000"]) { _ in }
        let value = Weak()
        do {
            let bytes = PinnedBytes(Array(repeating: 5, count: 2_000))
            value.set(bytes)
            #expect(throws: KafkaError.self) { try producer.send(topic: fixture.topic, key: nil, value: bytes) }
        }
        #expect(value.bytes == nil)
    }

    @Test func roundTripKeepsKeyHeadersAndBinaryValue() throws {
        let fixture = try Fixture()
        let reports = Mutex<[Producer.DeliveryReport]>([])
        let producer = try fixture.producer { batch in reports.withLock { $0 += batch } }
        let value = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let headers = [
            MessageHeader("ce_id", "é"), MessageHeader("binary", [0, 255, 0]), MessageHeader("empty", [UInt8]()),
            MessageHeader("ce_id", "again"),
        ]
        #expect(
            try producer.send(
                topic: fixture.topic, key: bytes("device-1"), value: value, headers: PackedHeaders(headers), token: .max
            ))
        #expect(try producer.send(topic: fixture.topic, key: nil, value: [UInt8](), token: 0))
        #expect(producer.flush(timeout: .seconds(60)) == 0)
        #expect(producer.queued == 0)
        let sent = reports.withLock { $0 }
        #expect(sent.map(\.token) == [.max, 0])
        #expect(sent.map(\.offset) == [0, 1])
        #expect(sent.allSatisfy { $0.error == nil && $0.partition == 0 })

        let consumer = try fixture.consumer()
        try consumer.assign([TopicPartitionOffset(topic: fixture.topic, partition: 0, offset: 0)])
        var messages: [KafkaMessage] = []
        try pollUntil(consumer, "two messages") {
            messages += $0
            return messages.count == 2
        }
        let first = try #require(messages.first)
        #expect(first.topic == fixture.topic && first.partition == 0 && first.offset == 0)
        #expect(first.key == bytes("device-1"))
        #expect(first.headers == headers)
        #expect(first.value == value)
        #expect(first.valueCount == value.count)
        #expect(first.withValue { $0[1] } == 31)
        #expect(first.timestamp > 1_600_000_000_000)
        #expect(messages[1].key == nil && messages[1].value.isEmpty && messages[1].headers.isEmpty)
        consumer.close()
        // A message outlives its consumer's end.
        #expect(first.value.count == 70_000)
    }

    @Test func fullQueueIsRefusedAndGetsRoomAgain() throws {
        let fixture = try Fixture()
        let delivered = Atomic<Int>(0)
        let producer = try fixture.producer(["queue.buffering.max.messages": "10", "linger.ms": "50"]) { batch in
            delivered.add(batch.count, ordering: .relaxed)
        }
        var accepted = 0
        while try producer.send(topic: fixture.topic, key: nil, value: bytes("x")) { accepted += 1 }
        #expect(accepted == 10)
        #expect(producer.waitForRoom(until: MonotonicClock.deadline(after: .seconds(10))))
        #expect(try producer.send(topic: fixture.topic, key: nil, value: bytes("y")))
        #expect(producer.flush(timeout: .seconds(60)) == 0)
        #expect(delivered.load(ordering: .relaxed) == 11)
        #expect(producer.fatalError == nil)
    }

    /// Whoever sets the bytes is not limited by our number of messages.
    @Test(arguments: [([:], 2_000), (["queue.buffering.max.kbytes": "65536"], 3_000)])
    func twoThousandMessagesWaitAtMost(properties: [String: String], limit: Int) throws {
        var configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:1")
        for (name, value) in properties { configuration.set(name, value) }
        let producer = try Producer(configuration: configuration) { _ in }
        var accepted = 0
        while accepted < 3_000, try producer.send(topic: "t", key: nil, value: bytes("v")) { accepted += 1 }
        #expect(accepted == limit)
        producer.close()
    }

    @Test func aProducerThatWouldNotReportIsNotMade() throws {
        let fixture = try Fixture()
        let error = kafkaError { _ = try fixture.producer(["delivery.report.only.error": "true"]) }
        #expect(error?.code == .configuration && error?.message.contains("delivery.report.only.error") == true)
    }

    @Test func messageTooLargeIsThrown() throws {
        let fixture = try Fixture()
        let producer = try fixture.producer(["message.max.bytes": "1000"])
        let error = kafkaError {
            try producer.send(topic: fixture.topic, key: nil, value: [UInt8](repeating: 1, count: 2000))
        }
        #expect(error?.code == .messageTooLarge)
        #expect(error?.message.contains("2000 bytes to test") == true)
        #expect(error?.isRetriable == false)
    }

    @Test func closingReportsWhatWasNotDelivered() throws {
        let reports = Mutex<[Producer.DeliveryReport]>([])
        let producer = try Producer(configuration: KafkaConfiguration(bootstrapServers: "127.0.0.1:1")) { batch in
            reports.withLock { $0 += batch }
        }
        #expect(try producer.send(topic: "t", key: bytes("k"), value: bytes("v"), token: 7))
        #expect(producer.flush(timeout: .milliseconds(50)) == 1)
        producer.close()
        producer.close()
        let report = try #require(reports.withLock { $0.first })
        #expect(report.token == 7)
        #expect(report.error?.name == "_PURGE_QUEUE")
        #expect(report.offset == TopicPartitionOffset.invalid)
        #expect(throws: KafkaError.self) { try producer.send(topic: "t", key: nil, value: bytes("v")) }
    }

    @Test func userMayAskForLessThanAllAcknowledgements() throws {
        let fixture = try Fixture()
        let producer = try fixture.producer(["acks": "1"])
        #expect(try producer.send(topic: fixture.topic, key: nil, value: bytes("v")))
        #expect(producer.flush(timeout: .seconds(60)) == 0)
    }

    @Test func keysGoWhereJavaSendsThem() {
        // The vectors of org.apache.kafka.common.utils.UtilsTest.
        let vectors: [(String, Int32)] = [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
        ]
        for (key, hash) in vectors {
            #expect(Murmur2.hash(bytes(key)) == hash)
            #expect(Producer.partition(forKey: bytes(key), partitionCount: 7) == (hash & 0x7fff_ffff) % 7)
        }
    }

    @Test func librdkafkaChoosesTheSamePartition() throws {
        let fixture = try Fixture(partitions: 5)
        let partitions = Mutex<[UInt64: Int32]>([:])
        let producer = try fixture.producer { batch in
            partitions.withLock { for report in batch { $0[report.token] = report.partition } }
        }
        for number in 0..<50 {
            let key = bytes("device-\(number)")
            #expect(try producer.send(topic: fixture.topic, key: key, value: key, token: UInt64(number)))
        }
        #expect(producer.flush(timeout: .seconds(60)) == 0)
        let chosen = partitions.withLock { $0 }
        for number in 0..<50 {
            let expected = Producer.partition(forKey: bytes("device-\(number)"), partitionCount: 5)
            #expect(chosen[UInt64(number)] == expected)
        }
    }
}

/// Whether a value is still there.
private final class Weak: Sendable {
    private struct Reference {
        weak var bytes: PinnedBytes?
    }

    private let reference = Mutex(Reference())

    var bytes: PinnedBytes? { reference.withLock { $0.bytes } }

    func set(_ bytes: PinnedBytes) { reference.withLock { $0.bytes = bytes } }
}
