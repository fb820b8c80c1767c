import Testing
import Threads

@Suite struct BackgroundCallTests {
    private struct Failure: Error {}

    @Test func resultComesWhenTheCallEnds() throws {
        let go = Monitor(false)
        let call = BackgroundCall(name: "call") {
            _ = go.wait { $0 ? true : nil }
            return 7
        }
        #expect(call.wait(until: MonotonicClock.now) == nil)
        go.update { $0 = true }
        #expect(try call.wait()?.get() == 7)
        #expect(try call.wait(until: MonotonicClock.now)?.get() == 7)
    }

    @Test func errorComesToo() {
        let call = BackgroundCall<Int>(name: "call") { throw Failure() }
        #expect(throws: Failure.self) { try call.wait()?.get() }
    }
}
