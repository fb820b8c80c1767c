import CLinux
import Glibc

/// SIGHUP as a request to read files again, as daemons have it.
public final class ReloadSignal: Sendable {
    private let handler = Monitor<(@Sendable () -> Void)?>(nil)

    /// A request that no signal makes, for a role that runs within another program.
    public init() {}

    /// The process's own.
    public static let shared = ReloadSignal()

    /// From here on SIGHUP is a request, and no longer ends the process. To be called once.
    public func install() {
        let counter = iotpipe_count_hangups()
        guard counter >= 0 else { return }
        _ = OSThread(name: "hangup") { [self] in
            var count: UInt64 = 0
            // Those that came while the last one was served are one.
            while read(counter, &count, 8) == 8 || errno == EINTR { request() }
        }
    }

    /// Asks to read again, as the signal would, and returns when that is done.
    public func request() {
        handler.read { $0 }?()
    }

    /// Sets what a request calls; nil nothing.
    public func onRequest(_ handler: (@Sendable () -> Void)?) {
        self.handler.update { $0 = handler }
    }
}
