import Threads

/// The time that a stop request gives to finish what was begun.
final class DrainLimit: Sendable {
    private let end = Monitor(UInt64.max)

    /// - Parameter timeout: from the request on.
    init(_ stop: StopSignal, timeout: Duration) {
        stop.onRequest { [end] in end.update { $0 = MonotonicClock.deadline(after: timeout) } }
    }

    /// Whether a stop was asked for and the time is over.
    var hasPassed: Bool { end.read { $0 } <= MonotonicClock.now }
}
