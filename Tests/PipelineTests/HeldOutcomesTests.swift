import Kafka
import Testing

@testable import Pipeline

@Suite struct HeldOutcomesTests {
    private let tracker = CommitTracker()
    private let first = TopicPartition(topic: "iot.images", partition: 0)
    private let second = TopicPartition(topic: "iot.images", partition: 1)

    /// An outcome whose value is its offset, ten characters long.
    private func outcome(_ partition: TopicPartition, _ offset: Int64) throws -> Outcome {
        if !tracker.assigned.contains(partition) { tracker.add([partition]) }
        let text = String(repeating: " ", count: 10 - "\(offset)".count) + "\(offset)"
        let ticket = try #require(tracker.begin(partition, offset: offset))
        return Outcome(ticket: ticket, event: Samples.event(text), topic: "iot.inferences")
    }

    private func offsets(_ outcomes: [Outcome]) -> [Int64] { outcomes.map(\.ticket.offset) }

    @Test func whatLiesBelowAnOffsetIsTakenInOrder() throws {
        var held = HeldOutcomes()
        for offset: Int64 in [3, 5, 8] { held.add(try outcome(first, offset)) }
        held.add(try outcome(second, 4))
        #expect(offsets(held.take(below: [TopicPartitionOffset(first, 8)])) == [3, 5])
        #expect(held.take(below: [TopicPartitionOffset(first, 8)]).isEmpty)
        let rest = held.take(below: [TopicPartitionOffset(first, 9), TopicPartitionOffset(second, 5)])
        #expect(offsets(rest) == [4, 8])
        #expect(held.isEmpty)
    }

    @Test func bytesCountUntilTheyAreSettled() throws {
        var held = HeldOutcomes()
        for offset in 0..<4 { held.add(try outcome(first, Int64(offset))) }
        let taken = held.take(below: [TopicPartitionOffset(first, 2)])
        #expect(held.bytes == 40)
        held.settle(taken)
        #expect(held.bytes == 20)
        held.keep([])
        #expect(held.bytes == 0 && held.isEmpty)
    }

    @Test func whatIsPutBackIsTakenAgain() throws {
        var held = HeldOutcomes()
        for offset in 0..<3 { held.add(try outcome(first, Int64(offset))) }
        let taken = held.take(below: [TopicPartitionOffset(first, 2)])
        held.putBack(taken)
        #expect(held.bytes == 30)
        #expect(offsets(held.take(below: [TopicPartitionOffset(first, 3)])) == [0, 1, 2])
    }

    @Test func newerOutcomesCount() throws {
        var held = HeldOutcomes()
        held.add(try outcome(first, 0))
        let taken = held.take(below: [TopicPartitionOffset(first, 1)])
        // The partition went and came back, and its message was classified again.
        tracker.remove([first])
        let newer = try outcome(first, 0)
        held.add(newer)
        held.putBack(taken)
        #expect(held.bytes == 10)
        let again = held.take(below: [TopicPartitionOffset(first, 1)])
        #expect(again.count == 1 && again.allSatisfy { tracker.isCurrent($0.ticket) })
    }
}
