import Testing
import Threads

@Suite struct BoundedQueueTests {
    @Test func elementsComeOutInOrderAcrossThreads() {
        let queue = BoundedQueue<Int>(capacity: 3)
        let sender = OSThread(name: "sender") {
            for number in 0..<1_000 { queue.push(number) }
            queue.close()
        }
        var received: [Int] = []
        while let number = queue.pop() { received.append(number) }
        sender.join()
        #expect(received == Array(0..<1_000))
    }

    @Test func fullQueueRefusesAtTheDeadline() {
        let queue = BoundedQueue<Int>(capacity: 1)
        #expect(queue.push(1))
        #expect(!queue.push(2, until: MonotonicClock.deadline(after: .milliseconds(5))))
        #expect(queue.count == 1)
    }

    @Test func closedQueueGivesWhatItHoldsAndTakesNoMore() {
        let queue = BoundedQueue<Int>(capacity: 2)
        queue.push(1)
        queue.close()
        #expect(!queue.push(2))
        #expect(queue.pop() == 1)
        #expect(queue.pop() == nil)
    }

    @Test func popTimesOutOnAnEmptyQueue() {
        let queue = BoundedQueue<Int>(capacity: 2)
        #expect(queue.pop(until: MonotonicClock.deadline(after: .milliseconds(5))) == nil)
        #expect(!queue.isClosed)
    }

    @Test func popAvailableTakesAtMostTheMaximum() {
        let queue = BoundedQueue<Int>(capacity: 4)
        for number in 1...4 { queue.push(number) }
        #expect(queue.popAvailable(3) == [1, 2, 3])
        #expect(queue.popAvailable(3) == [4])
        #expect(queue.popAvailable(3).isEmpty)
    }
}
