import Glibc
import Threads

/// Shuts connections down that take too long to send a request or to take its answer.
///
/// libmicrohttpd's own timeout counts from the last byte: a client that sends one byte a second would hold a connection
/// for ever. This one counts the whole.
final class ConnectionWatch: Sendable {
    private struct State {
        /// By socket: when its patience ends, in `MonotonicClock` nanoseconds; `.max` while a handler works.
        var deadlines: [Int32: UInt64] = [:]
        /// Requests begun and not yet answered.
        var requests = 0
        var isStopped = false
    }

    private let state = Monitor(State())
    private let timeout: Duration

    /// - Parameter timeout: for a request to arrive, and again for its answer to leave; kept to a quarter.
    init(timeout: Duration) {
        self.timeout = timeout
    }

    /// Works until `stop()`.
    func run() {
        while state.wait(until: MonotonicClock.deadline(after: timeout / 4), for: { $0.isStopped ? true : nil }) == nil
        {
            let now = MonotonicClock.now
            state.read { state in
                // Under the lock: `closed` comes before the descriptor can become another connection's.
                for (socket, deadline) in state.deadlines where deadline <= now { shutdown(socket, Int32(SHUT_RDWR)) }
            }
        }
    }

    /// Ends `run()`.
    func stop() {
        state.update { $0.isStopped = true }
    }

    // MARK: - A connection's life

    /// A connection was accepted.
    func opened(_ socket: Int32) {
        state.read { $0.deadlines[socket] = MonotonicClock.deadline(after: timeout) }
    }

    /// A request's first line has come.
    func requestBegan() {
        state.read { $0.requests += 1 }
    }

    /// The request is complete; its handler may take as long as it likes.
    func handling(_ socket: Int32) {
        state.read { $0.deadlines[socket] = .max }
    }

    /// The handler is done; the answer has to leave now.
    func answering(_ socket: Int32) {
        state.read { $0.deadlines[socket] = MonotonicClock.deadline(after: timeout) }
    }

    /// The answer has left, or the request failed; the connection may bring another.
    func requestEnded(_ socket: Int32) {
        state.update { state in
            state.requests -= 1
            state.deadlines[socket] = MonotonicClock.deadline(after: timeout)
        }
    }

    /// The connection's socket is about to be closed.
    func closed(_ socket: Int32) {
        state.read { $0.deadlines[socket] = nil }
    }

    /// Waits until no request is being received, worked on or answered.
    func waitForRequests(until deadline: UInt64) {
        _ = state.wait(until: deadline) { $0.requests == 0 ? true : nil }
    }
}
