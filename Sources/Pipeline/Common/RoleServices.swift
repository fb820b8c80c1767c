import Telemetry
import Threads

/// What every role is given by the executable: where it logs, counts, and learns that it should stop.
public struct RoleServices: Sendable {
    /// The role's log, on standard error.
    public let logger: Logger
    /// The role's metrics, served where `--http` is given.
    public let metrics: Metrics
    /// SIGTERM and SIGINT.
    public let stop: StopSignal
    /// SIGHUP, for roles that read files again.
    public let reload: ReloadSignal

    /// - Parameters:
    ///   - logger: the role's log.
    ///   - metrics: the role's metrics.
    ///   - stop: the request to drain.
    ///   - reload: the request to read files again.
    public init(
        logger: Logger, metrics: Metrics = Metrics(), stop: StopSignal = .shared, reload: ReloadSignal = .shared
    ) {
        self.reload = reload
        self.logger = logger
        self.metrics = metrics
        self.stop = stop
    }
}
