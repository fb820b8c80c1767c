import Foundation
import Testing
import Threads

@Suite struct OSThreadTests {
    @Test func joinWaitsForTheBody() {
        let done = Monitor(false)
        let go = Monitor(false)
        let thread = OSThread(name: "body") {
            _ = go.wait { $0 ? true : nil }
            done.update { $0 = true }
        }
        #expect(!done.read { $0 })
        go.update { $0 = true }
        thread.join()
        #expect(done.read { $0 })
    }

    @Test(arguments: [("short", "short"), ("a-name-that-is-too-long", "a-name-that-is-")])
    func kernelKnowsTheName(name: String, expected: String) {
        let seen = Monitor("")
        let thread = OSThread(name: name) {
            let text = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
            seen.update { $0 = text ?? "" }
        }
        thread.join()
        #expect(seen.read { $0 } == expected + "\n")
    }

    @Test func threadGoesOnWithoutItsHandle() {
        let done = Monitor(false)
        _ = OSThread(name: "alone") { done.update { $0 = true } }
        #expect(done.wait(until: MonotonicClock.deadline(after: .seconds(20))) { $0 ? true : nil } == true)
    }

    @Test func bodyIsReleasedAtTheEnd() {
        final class Token: Sendable {}
        weak var released: Token?
        do {
            let token = Token()
            released = token
            OSThread(name: "holder") { withExtendedLifetime(token) {} }.join()
        }
        #expect(released == nil)
    }
}
