import Events
import Kafka
import Telemetry
import Testing

@testable import Pipeline

@Suite struct PersistReaderTests {
    /// Partitions whose reading begins while the broker is slow to answer: their messages come from the offset they were
    /// placed at, without a gap. (A start at the end, sought later, skips them: librdkafka 2.0.2 asks for the end once more.)
    @Test(arguments: ["range", "cooperative-sticky"])
    func placesHoldWhileTheBrokerIsSlow(strategy: String) throws {
        let cluster = try Cluster()
        let places = (0..<2).map { TopicPartition(topic: "iot.images", partition: $0) }
        for place in places {
            // Each by itself, so that no single answer brings them all.
            for number in 0..<40 {
                let event = Samples.captured(device: "cam-\(number)", bytes: 3_000).encoded()
                try cluster.send([event], topic: place.topic, partition: place.partition)
            }
        }
        let options = PersistOptions(
            kafka: cluster.kafka([
                "partition.assignment.strategy": strategy, "fetch.message.max.bytes": "1000",
            ]))
        let broker = cluster.broker
        // Within the assignment: whatever the client asks for next takes its time.
        let logger = Logger(role: "test", level: .info) { line in
            if line.contains("partitions assigned") { broker.setRoundTripTime(.milliseconds(100)) }
        }
        let reader = try PersistReader(options, logger: logger) { _ in }
        defer { reader.close() }
        var offsets: [TopicPartition: [Int64]] = [:]
        try Wait.until("everything is read") {
            for message in try reader.poll(maximum: 100, timeout: .milliseconds(20)) {
                offsets[message.topicPartition, default: []].append(message.offset)
            }
            if !reader.waiting.isEmpty {
                try reader.place(Dictionary(uniqueKeysWithValues: reader.waiting.map { ($0, 0) }))
                broker.setRoundTripTime(.milliseconds(50))
            }
            return places.allSatisfy { offsets[$0]?.last == 39 }
        }
        for place in places { #expect(offsets[place] == Array(0..<40)) }
    }

    /// What another member stored meanwhile counts: a place is taken away and given anew while others are read on.
    @Test(arguments: ["range", "cooperative-sticky"])
    func displacedPartitionsBeginAnew(strategy: String) throws {
        let cluster = try Cluster()
        for partition in Int32(0)..<2 {
            let events = (0..<10).map { Samples.captured(device: "cam-\($0)").encoded() }
            try cluster.send(events, topic: "iot.images", partition: partition)
        }
        let options = PersistOptions(kafka: cluster.kafka(["partition.assignment.strategy": strategy]))
        let reader = try PersistReader(options, logger: cluster.log.logger) { _ in }
        defer { reader.close() }
        var offsets: [Int32: [Int64]] = [:]
        func read(until isDone: () -> Bool) throws {
            try Wait.until("what was asked for is read") {
                for message in try reader.poll(maximum: 100, timeout: .milliseconds(20)) {
                    offsets[message.partition, default: []].append(message.offset)
                }
                return isDone()
            }
        }
        try read { !reader.waiting.isEmpty }
        // One after the other: the second beside the first.
        let first = TopicPartition(topic: "iot.images", partition: 0)
        try reader.place([first: 4])
        try read { offsets[0]?.last == 9 }
        #expect(offsets == [0: Array(4..<10)])
        func start(_ offset: Int64) throws {
            let waiting = reader.waiting.map { ($0, $0.topic == "iot.images" ? offset : 0) }
            try reader.place(Dictionary(uniqueKeysWithValues: waiting))
        }
        try start(7)
        try read { offsets[1]?.last == 9 }
        #expect(offsets == [0: Array(4..<10), 1: Array(7..<10)])
        reader.displace()
        #expect(reader.waiting.contains(first) && reader.stored.isEmpty)
        try start(2)
        offsets = [:]
        try read { offsets[0]?.last == 9 && offsets[1]?.last == 9 }
        #expect(offsets == [0: Array(2..<10), 1: Array(2..<10)])
    }
}
