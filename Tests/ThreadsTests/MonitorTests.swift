import Testing
import Threads

@Suite struct MonitorTests {
    @Test func changesOfManyThreadsAreAllKept() {
        let monitor = Monitor(0)
        let threads = (0..<8).map { number in
            OSThread(name: "adder-\(number)") {
                for _ in 0..<1_000 { monitor.update { $0 += 1 } }
            }
        }
        for thread in threads { thread.join() }
        #expect(monitor.read { $0 } == 8_000)
    }

    @Test func waiterIsWokenByAChange() {
        let monitor = Monitor(0)
        let seen = Monitor<Int?>(nil)
        let waiter = OSThread(name: "waiter") {
            let value = monitor.wait { $0 >= 3 ? $0 : nil }
            seen.update { $0 = value }
        }
        for _ in 0..<3 { monitor.update { $0 += 1 } }
        waiter.join()
        #expect(seen.read { $0 } == 3)
    }

    /// A body that takes something wakes the others: what it took may be the room that they wait for.
    @Test func whatAWaiterTakesWakesTheNextWaiter() {
        let turn = Monitor(3)
        let threads = (0..<3).map { number in
            OSThread(name: "turn-\(number)") {
                _ = turn.wait { value -> Bool? in
                    guard value == number + 1 else { return nil }
                    value -= 1
                    return true
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(turn.read { $0 } == 0)
    }

    @Test func waitEndsAtTheDeadline() {
        let monitor = Monitor(false)
        let start = MonotonicClock.now
        let deadline = MonotonicClock.deadline(after: .milliseconds(20))
        #expect(monitor.wait(until: deadline) { $0 ? true : nil } == nil)
        #expect(MonotonicClock.now - start >= 20_000_000)
    }

    @Test func deadlineThatHasPassedStillLooksOnce() {
        let monitor = Monitor(7)
        #expect(monitor.wait(until: 0) { $0 } == 7)
        #expect(monitor.wait(until: 0) { _ in Int?.none } == nil)
    }

    @Test func errorsPassAndTheLockIsFreeAgain() {
        struct Failure: Error {}
        let monitor = Monitor(1)
        #expect(throws: Failure.self) {
            try monitor.update { (value: inout Int) throws in
                value = 2
                throw Failure()
            }
        }
        #expect(monitor.read { $0 } == 2)
    }
}
