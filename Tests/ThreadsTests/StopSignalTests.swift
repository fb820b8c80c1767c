import Testing
import Threads

/// Signals themselves are tested on the program, in iotpipeTests.
@Suite struct StopSignalTests {
    @Test func nothingIsRequestedAtFirst() {
        let stop = StopSignal()
        #expect(!stop.isRequested)
        #expect(!stop.wait(until: MonotonicClock.deadline(after: .milliseconds(5))))
    }

    @Test func requestWakesWhoWaits() {
        let stop = StopSignal()
        let woken = Monitor(0)
        let waiters = (0..<3).map { number in
            OSThread(name: "waiter-\(number)") {
                if stop.wait() { woken.update { $0 += 1 } }
            }
        }
        stop.request()
        for waiter in waiters { waiter.join() }
        #expect(woken.read { $0 } == 3)
        #expect(stop.isRequested)
    }

    @Test func handlersAreCalledOnceHoweverManyRequestsCome() {
        let stop = StopSignal()
        let calls = Monitor<[String]>([])
        stop.onRequest { calls.update { $0.append("early") } }
        stop.request()
        stop.request()
        stop.onRequest { calls.update { $0.append("late") } }
        #expect(calls.read { $0 } == ["early", "late"])
    }

    @Test func handlerRegisteredDuringARequestIsCalledOnce() {
        for _ in 0..<200 {
            let stop = StopSignal()
            let calls = Monitor(0)
            let requester = OSThread(name: "requester") { stop.request() }
            stop.onRequest { calls.update { $0 += 1 } }
            requester.join()
            #expect(calls.read { $0 } == 1)
        }
    }
}
