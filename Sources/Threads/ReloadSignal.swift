/// SIGHUP as a request to read files again, as daemons have it: see ``StopSignal/install(reload:)``.
public final class ReloadSignal: Sendable {
    private let handler = Monitor<(@Sendable () -> Void)?>(nil)
    private let isRaised = Monitor(false)

    /// A request that no signal makes, for a role that runs within another program.
    public init() {}

    /// The process's own.
    public static let shared = ReloadSignal()

    /// Serves what is raised on a thread of its own, for as long as the process runs. To be called once.
    public func install() {
        _ = OSThread(name: "hangup") { [self] in
            while true {
                // Those that come while one is served are one.
                _ = isRaised.wait { isRaised in
                    defer { isRaised = false }
                    return isRaised ? true : nil
                }
                request()
            }
        }
    }

    /// Asks to read again, and does not wait for it.
    func raise() { isRaised.update { $0 = true } }

    /// Asks to read again, and returns when that is done.
    public func request() {
        handler.read { $0 }?()
    }

    /// Sets what a request calls; nil nothing.
    public func onRequest(_ handler: (@Sendable () -> Void)?) {
        self.handler.update { $0 = handler }
    }
}
