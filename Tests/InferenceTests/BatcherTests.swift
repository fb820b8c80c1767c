import Testing
import Threads

@testable import Inference

@Suite struct BatcherTests {
    @Test func aFullBatchIsHandedOutAtOnce() {
        let batcher = Batcher<Int>(maximumBatch: 3, maximumDelay: .seconds(3600))
        for item in 0..<7 { batcher.push(item) }
        #expect(batcher.next() == [0, 1, 2])
        #expect(batcher.next() == [3, 4, 5])
        #expect(batcher.count == 1)
    }

    @Test func withoutDelayWhateverIsThereIsHandedOut() {
        let batcher = Batcher<Int>(maximumBatch: 8, maximumDelay: .zero)
        batcher.push(1)
        batcher.push(2)
        #expect(batcher.next() == [1, 2])
    }

    @Test func theOldestItemDecidesTheDelay() {
        let batcher = Batcher<Int>(maximumBatch: 8, maximumDelay: .milliseconds(50))
        let start = MonotonicClock.now
        batcher.push(1)
        #expect(batcher.next() == [1])
        #expect(MonotonicClock.now - start >= 50_000_000)
    }

    @Test func closingHandsOutTheRestAndThenEnds() {
        let batcher = Batcher<Int>(maximumBatch: 2, maximumDelay: .seconds(3600))
        for item in 0..<3 { batcher.push(item) }
        batcher.close()
        #expect(!batcher.push(9))
        #expect(batcher.next() == [0, 1])
        #expect(batcher.next() == [2])
        #expect(batcher.next() == nil)
    }

    @Test func aFullBatcherMakesTheSenderWait() {
        let batcher = Batcher<Int>(maximumBatch: 1, maximumDelay: .zero, capacity: 2)
        #expect(batcher.push(1))
        #expect(batcher.push(2))
        #expect(!batcher.push(3, until: MonotonicClock.now))
        #expect(batcher.next() == [1])
        #expect(batcher.push(3, until: MonotonicClock.now))
    }

    // MARK: - Offered items

    @Test func offeredItemsGoAheadAndLeaveHalfOfTheBatch() {
        let batcher = Batcher<Int>(maximumBatch: 4, maximumDelay: .zero, capacity: 8)
        for item in 0..<8 { batcher.push(item) }
        #expect(batcher.offer([100, 101, 102]))
        #expect(batcher.next() == [100, 101, 0, 1])
        #expect(batcher.next() == [102, 2, 3, 4])
        #expect(batcher.next() == [5, 6, 7])
    }

    @Test func offeredItemsTakeAllPlacesThatNobodyElseNeeds() {
        let batcher = Batcher<Int>(maximumBatch: 4, maximumDelay: .zero)
        #expect(batcher.offer([1, 2, 3, 4, 5]))
        batcher.push(9)
        #expect(batcher.next() == [1, 2, 3, 9])
        #expect(batcher.next() == [4, 5])
    }

    @Test func withSingleItemsBothTakeTurns() {
        let batcher = Batcher<Int>(maximumBatch: 1, maximumDelay: .zero, capacity: 4)
        for item in 0..<3 { batcher.push(item) }
        #expect(batcher.offer([100, 101]))
        #expect((0..<5).map { _ in batcher.next() } == [[100], [0], [101], [1], [2]])
    }

    @Test func allAreTakenOrNone() {
        let batcher = Batcher<Int>(maximumBatch: 2, maximumDelay: .zero, capacity: 3)
        #expect(batcher.offer([1, 2]))
        #expect(!batcher.offer([3, 4]))
        #expect(batcher.offer([5]))
        // What is pushed has room of its own.
        for item in 10..<13 { #expect(batcher.push(item, until: MonotonicClock.now)) }
        #expect(!batcher.push(13, until: MonotonicClock.now))
        batcher.close()
        #expect(!batcher.offer([]))
        #expect(batcher.count == 6)
    }

    @Test func anOfferedItemIsDueLikeAnyOther() {
        let batcher = Batcher<Int>(maximumBatch: 8, maximumDelay: .milliseconds(20))
        #expect(batcher.offer([1]))
        #expect(batcher.next() == [1])
    }

    @Test func everyItemReachesExactlyOneTaker() {
        let batcher = Batcher<Int>(maximumBatch: 4, maximumDelay: .microseconds(200))
        let taken = Monitor<[Int]>([])
        let takers = (0..<3).map { _ in
            OSThread(name: "taker") {
                while let batch = batcher.next() {
                    #expect((1...4).contains(batch.count))
                    taken.update { $0 += batch }
                }
            }
        }
        let senders = (0..<3).map { sender in
            OSThread(name: "sender") { for item in 0..<500 { batcher.push(sender * 500 + item) } }
        }
        for sender in senders { sender.join() }
        batcher.close()
        for taker in takers { taker.join() }
        #expect(taken.read { $0.sorted() } == Array(0..<1500))
    }
}
