import Glibc

/// SIGTERM and SIGINT as a request to drain: the first asks to stop, the second ends the process at once.
///
/// `install()` must run before any other thread starts, because threads inherit the blocked signals.
public final class StopSignal: Sendable {
    private struct State {
        var isRequested = false
        /// Called once, by the first request.
        var handlers: [@Sendable () -> Void] = []
    }

    private let state = Monitor(State())

    /// A request that no signal makes, for a role that runs within another program.
    public init() {}

    /// The process's own stop signal.
    public static let shared = StopSignal()

    /// Blocks SIGTERM and SIGINT in this thread and those it starts, and waits for the two on a thread
    /// of its own. A second signal ends the process with status 128 + signal, as an unhandled one would.
    public func install() {
        var blocked = StopSignal.signals
        pthread_sigmask(SIG_BLOCK, &blocked, nil)
        _ = OSThread(name: "signals") {
            var signals = StopSignal.signals
            var received: Int32 = 0
            var count = 0
            while true {
                guard sigwait(&signals, &received) == 0 else { continue }
                count += 1
                if count > 1 { _exit(128 + received) }
                // On its own thread: a handler that blocks must not keep the second signal waiting.
                _ = OSThread(name: "stopping") { self.request() }
            }
        }
    }

    /// Asks to stop, as a signal would.
    public func request() {
        let handlers = state.update { state in
            state.isRequested = true
            defer { state.handlers = [] }
            return state.handlers
        }
        for handler in handlers { handler() }
    }

    /// Whether a stop was asked for.
    public var isRequested: Bool { state.read { $0.isRequested } }

    /// Registers what the first stop request calls, once, on the requesting thread; calls it at once where one was made
    /// before.
    public func onRequest(_ handler: @escaping @Sendable () -> Void) {
        let isLate = state.read { state in
            if !state.isRequested { state.handlers.append(handler) }
            return state.isRequested
        }
        if isLate { handler() }
    }

    /// Waits until a stop is asked for or the deadline (a `MonotonicClock` instant) has passed.
    ///
    /// - Returns: true where a stop was asked for.
    @discardableResult
    public func wait(until deadline: UInt64? = nil) -> Bool {
        state.wait(until: deadline) { $0.isRequested ? true : nil } ?? false
    }

    /// Gives a child process the default signal mask: call it between fork and exec, or use `posix_spawn` with
    /// `POSIX_SPAWN_SETSIGMASK` and an empty set.
    public static var signals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        return set
    }
}
