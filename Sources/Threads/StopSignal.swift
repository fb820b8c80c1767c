import CLinux
import Glibc

/// SIGTERM, SIGINT, and SIGHUP of a terminal that has gone, as a request to drain: the first asks to stop, the second ends
/// the process at once.
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

    /// Blocks the signals in this thread and those it starts, and waits for them on a thread of its own. A second signal
    /// ends the process with status 128 + signal, as an unhandled one would.
    ///
    /// - Parameter reload: what a SIGHUP asks for that somebody sends by kill(2); nil: it asks to stop, as the kernel's
    ///   does when the terminal goes. Where SIGHUP was ignored, as under nohup(1), it never asks to stop.
    public func install(reload: ReloadSignal? = nil) {
        let stopsOnHangup = iotpipe_hangup_is_ignored() == 0
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT] { sigaddset(&signals, signal) }
        if stopsOnHangup || reload != nil { sigaddset(&signals, SIGHUP) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        _ = OSThread(name: "signals") { [signals] in
            var signals = signals
            var count = 0
            while true {
                var information = siginfo_t()
                let received = sigwaitinfo(&signals, &information)
                guard received > 0 else { continue }
                if received == SIGHUP {
                    if let reload, information.si_code <= 0 {
                        reload.raise()
                        continue
                    }
                    guard stopsOnHangup else { continue }
                }
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
}
