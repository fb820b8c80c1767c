import Testing
import Threads

@testable import Pipeline

@Suite struct RepeaterTests {
    @Test func repeatsUntilItIsStopped() {
        let calls = Monitor(0)
        let repeater = Repeater(name: "test", every: .milliseconds(1)) { calls.update { $0 += 1 } }
        #expect(calls.wait(until: MonotonicClock.deadline(after: Wait.patience)) { $0 >= 3 ? true : nil } == true)
        repeater.stop()
        // Joined: no call is under way, and none comes.
        let count = calls.read { $0 }
        #expect(calls.wait(until: MonotonicClock.deadline(after: .milliseconds(10))) { $0 > count ? true : nil } == nil)
    }

    @Test func stopDoesNotWaitForTheInterval() {
        let start = MonotonicClock.now
        Repeater(name: "test", every: .seconds(600)) {}.stop()
        #expect(MonotonicClock.now - start < 60_000_000_000)
    }
}
