import Testing
import Threads

@testable import Kafka

@Suite struct RebalanceTests {
    /// librdkafka keeps a partition paused that is taken away, and so it would come back: read by nobody.
    @Test(arguments: ["range", "cooperative-sticky"])
    func partitionThatWasPausedWhenItWentIsReadWhenItIsBack(assignor: String) throws {
        let fixture = try Fixture(partitions: 2)
        let properties: KeyValuePairs = ["partition.assignment.strategy": assignor]
        let first = try fixture.consumer(group: "g", properties)
        let second = try fixture.consumer(group: "g", properties)
        try first.subscribe([fixture.topic])
        try pollUntil(first, "both partitions") { _ in first.assignment.count == 2 }
        try first.pause(first.assignment)
        try second.subscribe([fixture.topic])
        try pollUntil(first, "one each") { _ in
            _ = try second.poll(maximum: 10, timeout: .milliseconds(10))
            return first.assignment.count == 1 && second.assignment.count == 1
        }
        let moved = try #require(second.assignment.first)
        second.close()
        try pollUntil(first, "both again") { _ in first.assignment.count == 2 }
        try fixture.fill(20, partitions: 2)
        var seen: [Int32: Int] = [:]
        try pollUntil(first, "what came to the partition that moved") { messages in
            for message in messages { seen[message.partition, default: 0] += 1 }
            return seen[moved.partition] == 10
        }
        // With eager assignors everything went and came back; else the one that stayed is still paused.
        try first.resume(first.assignment)
        try pollUntil(first, "everything") { messages in
            for message in messages { seen[message.partition, default: 0] += 1 }
            return seen == [0: 10, 1: 10]
        }
        first.close()
    }

    /// Partitions that the listener puts off are given back in order, placed or not.
    @Test(arguments: ["range", "cooperative-sticky"])
    func partitionsThatWerePutOffGoToOthers(assignor: String) throws {
        let fixture = try Fixture(partitions: 2)
        let properties: KeyValuePairs = ["partition.assignment.strategy": assignor]
        try fixture.fill(20, partitions: 2)
        let first = try fixture.consumer(group: "g", properties)
        let second = try fixture.consumer(group: "g", properties)
        let told = Rebalances()
        try first.subscribe(
            [fixture.topic],
            rebalance: RebalanceListener(
                assigned: { partitions in
                    told.note("assigned", partitions)
                    return Dictionary(uniqueKeysWithValues: partitions.map { ($0, TopicPartitionOffset.later) })
                }, revoked: { told.note("revoked", $0) }, lost: { told.note("lost", $0) }))
        try pollUntil(first, "both partitions") { messages in
            #expect(messages.isEmpty)
            return Set(told.partitions("assigned")).count == 2
        }
        try first.place([fixture.partitions(2)[0]: 4], beside: [:])
        var offsets: [Int64] = []
        try pollUntil(first, "those from there on") { messages in
            offsets += messages.map(\.offset)
            return offsets.last == 9
        }
        #expect(offsets == Array(4..<10))
        try second.subscribe([fixture.topic])
        var count = 0
        try pollUntil(first, "the second has its share") { _ in
            count += try second.poll(maximum: 10, timeout: .milliseconds(10)).count
            return second.assignment.count == 1 && count == 10
        }
        #expect(!told.partitions("revoked").isEmpty && told.partitions("lost").isEmpty)
        first.close()
        try pollUntil(second, "both partitions go to the second") { _ in second.assignment.count == 2 }
        second.close()
    }

    /// The group waits for this member's answer when it closes: closing gives it.
    @Test(arguments: ["range", "cooperative-sticky"])
    func closingWithinARebalanceIsNoHang(assignor: String) throws {
        let fixture = try Fixture(partitions: 2)
        let properties: KeyValuePairs = ["partition.assignment.strategy": assignor]
        let first = try fixture.consumer(group: "g", properties)
        let second = try fixture.consumer(group: "g", properties)
        try first.subscribe([fixture.topic])
        try pollUntil(first, "both partitions") { _ in first.assignment.count == 2 }
        try second.subscribe([fixture.topic])
        // The second waits to be let in; the first, which is not polled, has been told of that.
        for _ in 0..<20 where second.assignment.isEmpty {
            _ = try second.poll(maximum: 1, timeout: .milliseconds(50))
        }
        let start = MonotonicClock.now
        first.close(timeout: .seconds(60))
        // A hang would take the whole limit.
        #expect(MonotonicClock.now - start < 40_000_000_000)
        try pollUntil(second, "both partitions go to the second") { _ in second.assignment.count == 2 }
        second.close()
    }
}
