import Kafka
import Testing
import Threads

@testable import Pipeline

@Suite struct CommitTrackerTests {
    private let first = TopicPartition(topic: "iot.images", partition: 0)
    private let second = TopicPartition(topic: "iot.images", partition: 1)

    private func tracker(_ partitions: [TopicPartition]) -> CommitTracker {
        let tracker = CommitTracker()
        tracker.add(partitions)
        return tracker
    }

    @Test func onlyWhatEverythingBelowIsFinishedOfIsCommitted() throws {
        let tracker = tracker([first])
        let tickets = try (10..<15).map { try #require(tracker.begin(first, offset: Int64($0))) }
        tracker.finish(tickets[1])
        tracker.finish(tickets[2])
        #expect(tracker.takeCommittable().isEmpty)
        tracker.finish(tickets[0])
        #expect(tracker.takeCommittable() == [TopicPartitionOffset(first, 13)])
        tracker.finish(tickets[4])
        #expect(tracker.takeCommittable().isEmpty)
        #expect(tracker.unfinished == 1)
        tracker.finish(tickets[3])
        #expect(tracker.takeCommittable() == [TopicPartitionOffset(first, 15)])
        #expect(tracker.unfinished == 0)
    }

    @Test func anOffsetIsHandedOutOnce() throws {
        let tracker = tracker([first])
        tracker.finish(try #require(tracker.begin(first, offset: 0)))
        #expect(tracker.takeCommittable() == [TopicPartitionOffset(first, 1)])
        #expect(tracker.takeCommittable().isEmpty)
    }

    @Test func finishingTwiceIsFinishingOnce() throws {
        let tracker = tracker([first])
        let tickets = try (0..<2).map { try #require(tracker.begin(first, offset: Int64($0))) }
        tracker.finish(tickets[0])
        tracker.finish(tickets[0])
        #expect(tracker.takeCommittable() == [TopicPartitionOffset(first, 1)])
        #expect(tracker.unfinished == 1)
    }

    /// Compacted topics and transactions leave gaps.
    @Test func offsetsMayHaveGaps() throws {
        let tracker = tracker([first])
        let tickets = try [3, 7, 100].map { try #require(tracker.begin(first, offset: $0)) }
        tracker.finish(tickets[1])
        tracker.finish(tickets[0])
        #expect(tracker.takeCommittable() == [TopicPartitionOffset(first, 8)])
        tracker.finish(tickets[2])
        #expect(tracker.takeCommittable() == [TopicPartitionOffset(first, 101)])
    }

    @Test func partitionsGoEachItsOwnWay() throws {
        let tracker = tracker([first, second])
        let slow = try #require(tracker.begin(first, offset: 0))
        let fast = try #require(tracker.begin(second, offset: 40))
        tracker.finish(fast)
        #expect(tracker.takeCommittable([first]).isEmpty)
        #expect(tracker.takeCommittable([second]) == [TopicPartitionOffset(second, 41)])
        tracker.finish(slow)
        #expect(tracker.takeCommittable() == [TopicPartitionOffset(first, 1)])
    }

    // MARK: - Rebalances

    @Test func partitionThatIsNotAssignedGivesNoTicket() {
        let tracker = tracker([first])
        #expect(tracker.begin(second, offset: 0) == nil)
        tracker.remove([first])
        #expect(tracker.begin(first, offset: 0) == nil)
    }

    @Test func ticketOfAPartitionTakenAwayIsVoid() throws {
        let tracker = tracker([first])
        let ticket = try #require(tracker.begin(first, offset: 0))
        tracker.remove([first])
        tracker.finish(ticket)
        #expect(tracker.takeCommittable().isEmpty)
        #expect(tracker.waitUntilIdle(until: 0))
    }

    /// Another member may have gone further, or back: what was begun before says nothing of the new assignment.
    @Test func ticketOfAnEarlierAssignmentIsVoidAfterReassignment() throws {
        let tracker = tracker([first])
        let old = try #require(tracker.begin(first, offset: 5))
        tracker.remove([first])
        tracker.add([first])
        let new = try #require(tracker.begin(first, offset: 5))
        tracker.finish(old)
        #expect(tracker.takeCommittable().isEmpty)
        tracker.finish(new)
        #expect(tracker.takeCommittable() == [TopicPartitionOffset(first, 6)])
    }

    @Test func whatWasCommittedBeforeIsCommittedAgainAfterReassignment() throws {
        let tracker = tracker([first])
        tracker.finish(try #require(tracker.begin(first, offset: 5)))
        #expect(tracker.takeCommittable().count == 1)
        tracker.remove([first])
        tracker.add([first])
        #expect(tracker.takeCommittable().isEmpty)
        tracker.finish(try #require(tracker.begin(first, offset: 5)))
        #expect(tracker.takeCommittable() == [TopicPartitionOffset(first, 6)])
    }

    // MARK: - Draining

    @Test func waitEndsWithTheLastTicket() throws {
        let tracker = tracker([first])
        let ticket = try #require(tracker.begin(first, offset: 0))
        #expect(!tracker.waitUntilIdle(until: 0))
        let worker = OSThread(name: "worker") { tracker.finish(ticket) }
        #expect(tracker.waitUntilIdle(until: MonotonicClock.deadline(after: Wait.patience)))
        worker.join()
    }

    /// Quadratic work would take minutes.
    @Test(arguments: [false, true])
    func hundredThousandOffsetsInWorkStayCheap(backwards: Bool) throws {
        let tracker = tracker([first])
        let count = 100_000
        let tickets = try (0..<count).map { try #require(tracker.begin(first, offset: Int64($0))) }
        for ticket in backwards ? tickets.reversed() : tickets { tracker.finish(ticket) }
        #expect(tracker.takeCommittable() == [TopicPartitionOffset(first, Int64(count))])
        #expect(tracker.unfinished == 0)
    }

    /// What is finished is forgotten while others go on.
    @Test func workThatNeverStopsIsTrackedToTheEnd() throws {
        let tracker = tracker([first])
        var window: [CommitTracker.Ticket] = []
        for offset in 0..<20_000 {
            window.append(try #require(tracker.begin(first, offset: Int64(offset))))
            if window.count == 50 { tracker.finish(window.remove(at: (offset * 7) % 50)) }
        }
        for ticket in window { tracker.finish(ticket) }
        #expect(tracker.takeCommittable() == [TopicPartitionOffset(first, 20_000)])
    }
}
