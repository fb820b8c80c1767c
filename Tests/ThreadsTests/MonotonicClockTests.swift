import Testing
import Threads

@Suite struct MonotonicClockTests {
    @Test func sleepEndsAtTheInstantAndNotBefore() {
        let instant = MonotonicClock.deadline(after: .milliseconds(5))
        MonotonicClock.sleep(until: instant)
        #expect(MonotonicClock.now >= instant)
        // The past is no reason to wait.
        MonotonicClock.sleep(until: 0)
    }

    @Test func deadlineInThePastIsNow() {
        let before = MonotonicClock.now
        let deadline = MonotonicClock.deadline(after: .seconds(-5))
        #expect(before <= deadline && deadline <= MonotonicClock.now)
    }

    @Test(
        arguments: [
            (.zero, 0), (.nanoseconds(1), 1), (.milliseconds(-3), -3_000_000),
            (.seconds(1) + .nanoseconds(2), 1_000_000_002), (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
        ] as [(Duration, Int64)])
    func durationsInNanoseconds(duration: Duration, expected: Int64) {
        #expect(duration.nanoseconds == expected)
    }

    @Test func durationsInSeconds() {
        #expect(Duration.milliseconds(1_500).inSeconds == 1.5)
        #expect(Duration.milliseconds(-250).inSeconds == -0.25)
    }
}
