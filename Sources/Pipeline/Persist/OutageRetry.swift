import Kafka
import Postgres
import Telemetry

/// Repeats work with capped exponential back-off and jitter while the database, or a broker, is away.
struct OutageRetry {
    /// The longest pause, and the longest while a stop waits for it.
    private static let longest = Duration.seconds(10)
    private static let longestInDrain = Duration.seconds(1)

    let services: RoleServices
    /// Gives up then; nil goes on.
    var limit: MonotonicDeadline?
    /// How long to go on once a stop is asked for; nil gives up at once.
    var drain: DrainLimit?

    /// - Parameters:
    ///   - wait: waits for about that long before the next attempt, and meanwhile does what must go on.
    ///   - body: the work.
    func run<Result>(waiting wait: (Duration) throws -> Void, _ body: () throws -> Result) throws -> Result {
        var attempts = 0
        while true {
            do {
                let result = try body()
                if attempts > 0 { services.logger.info("all servers are back") }
                return result
            } catch let error where OutageRetry.passes(error) {
                if hasToEnd || limit?.hasPassed == true { throw error }
                // Not all members at once.
                let delay = OutageRetry.delay(after: attempts) * Double.random(in: 0.5...1)
                attempts += 1
                services.logger.warning(
                    "a server is away, trying again: \(OutageRetry.text(of: error))",
                    ["wait": Format.milliseconds(delay.nanoseconds)])
                try pause(delay, waiting: wait)
            }
        }
    }

    /// The pause after so many failed attempts, before jitter: each twice the one before, up to a limit.
    static func delay(after attempts: Int) -> Duration {
        min(.milliseconds(100) * (1 << min(attempts, 20)), longest)
    }

    private var hasToEnd: Bool { services.stop.isRequested && drain?.hasPassed ?? true }

    private func pause(_ duration: Duration, waiting wait: (Duration) throws -> Void) throws {
        let pause = MonotonicDeadline(after: duration)
        let shorter = MonotonicDeadline(after: OutageRetry.longestInDrain)
        while !pause.hasPassed, !hasToEnd, !(services.stop.isRequested && shorter.hasPassed) {
            try wait(min(pause.remaining, .milliseconds(100)))
        }
    }

    /// Whether the same work may well succeed later. A statement that was cut by its time limit is one of an overloaded
    /// server; a partition that was taken away is made anew.
    static func passes(_ error: any Error) -> Bool {
        switch error {
        case let error as PostgresError: error.isTransient || error.code == .cancelled || error.lacksPartition
        case let error as KafkaError: error.mayBeSentAgain
        default: false
        }
    }

    private static func text(of error: any Error) -> String {
        (error as? PostgresError)?.message ?? (error as? KafkaError)?.message ?? "\(error)"
    }
}
