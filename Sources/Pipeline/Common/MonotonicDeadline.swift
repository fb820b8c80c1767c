import Threads

/// A time limit that several steps share.
struct MonotonicDeadline: Sendable {
    private let instant: UInt64

    /// - Parameter duration: how long from now.
    init(after duration: Duration) {
        instant = MonotonicClock.deadline(after: duration)
    }

    /// What is left; zero once it has passed.
    var remaining: Duration {
        let now = MonotonicClock.now
        return .nanoseconds(now < instant ? Int64(instant - now) : 0)
    }

    /// Whether nothing is left.
    var hasPassed: Bool { MonotonicClock.now >= instant }

    /// Sleeps for that long, or until the deadline where it comes first.
    func pause(_ duration: Duration) {
        MonotonicClock.sleep(until: min(instant, MonotonicClock.deadline(after: duration)))
    }
}
