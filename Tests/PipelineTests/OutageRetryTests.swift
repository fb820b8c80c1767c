import Kafka
import Postgres
import Testing
import Threads

@testable import Pipeline

@Suite struct OutageRetryTests {
    private struct Hopeless: Error {}

    private let log = LogLines()
    private let stop = StopSignal()

    private func retry(_ drain: DrainLimit? = nil) -> OutageRetry {
        OutageRetry(services: RoleServices(logger: log.logger, stop: stop), drain: drain)
    }

    private func sleep(_ duration: Duration) {
        MonotonicClock.sleep(until: MonotonicClock.deadline(after: duration))
    }

    @Test func pausesGrowUpToALimit() {
        let delays = (0..<40).map(OutageRetry.delay)
        #expect(Array(delays.prefix(3)) == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
        #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(delays[7...].allSatisfy { $0 == .seconds(10) })
    }

    @Test func workIsRepeatedWhileItsServerIsAway() throws {
        var attempts = 0
        let start = MonotonicClock.now
        let result = try retry().run(waiting: sleep) { () -> Int in
            attempts += 1
            if attempts < 4 { throw PostgresError(.connectionLost, "gone") }
            return 7
        }
        #expect(result == 7 && attempts == 4)
        // Jitter shortens each pause to half at most: of 100, 200 and 400 ms.
        #expect(MonotonicClock.now - start >= 350_000_000)
        #expect(log.count(of: "a server is away") == 3 && log.count(of: "all servers are back") == 1)
    }

    @Test func whatNoRepetitionMendsIsThrown() {
        var attempts = 0
        #expect(throws: Hopeless.self) {
            try retry().run(waiting: sleep) {
                attempts += 1
                throw Hopeless()
            }
        }
        #expect(attempts == 1)
    }

    @Test func stopEndsItAtOnceWithoutADrain() {
        stop.request()
        #expect(throws: PostgresError.self) {
            try retry().run(waiting: sleep) { throw PostgresError(.unreachable, "away") }
        }
    }

    @Test func drainGoesOnUntilItsTimeIsOver() {
        let drain = DrainLimit(stop, timeout: .milliseconds(300))
        stop.request()
        var attempts = 0
        #expect(throws: PostgresError.self) {
            try retry(drain).run(waiting: sleep) {
                attempts += 1
                throw PostgresError(.unreachable, "away")
            }
        }
        #expect(attempts > 1)
    }
}
