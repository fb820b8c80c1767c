import Arguments
import Glibc
import Pipeline
import Telemetry
import Threads

/// The options of every role that logs, and of those that run as a service: status pages, draining.
enum ServiceOptions {
    static let logLevel = Option(
        "log-level", .choice(Logger.Level.self), value: "LEVEL", default: .info,
        help: "Log lines of this level and above.")
    static let logFormat = Option(
        "log-format", .choice(Logger.Format.self), value: "FORMAT", default: .text, help: "How a log line is written.")
    static let quiet = Option(
        "quiet", short: "q", flag: false, help: "Warnings and errors alone: no other log, no progress.")
    static let verbose = Option(
        "verbose", short: "v", flag: false,
        help: "Log everything, as --log-level debug; progress also where there is no terminal.")
    static let http = Option(
        "http", optional: .listener,
        help: "Serve /health and /metrics (for Prometheus) here, such as at 127.0.0.1:9464.")
    static let drainTimeout = Option(
        "drain-timeout", .duration(.zero...), default: .seconds(20),
        help: "How long SIGTERM or Ctrl-C may take to finish what was begun; a second one stops at once.")

    static let group = OptionGroup("Service", logOptions + [http, drainTimeout])
    static let logGroup = logGroup(level: logLevel)
    private static let logOptions: [any AnyOption] = [logLevel, logFormat, quiet, verbose]

    /// The options of a log whose level has another default.
    static func logGroup(level: Option<Logger.Level>) -> OptionGroup {
        OptionGroup("Log", [level] + logOptions.dropFirst())
    }

    /// For what shows progress but has no log.
    static let progressGroup = OptionGroup(
        "Progress",
        [
            Option("quiet", short: "q", flag: false, help: "Show no progress."),
            Option("verbose", short: "v", flag: false, help: "Show progress also where there is no terminal."),
        ])

    /// Has progress shown where --quiet and --verbose want it.
    ///
    /// - Returns: the level of the log that they mean, and how closely to the command it was said; nil where neither was.
    @discardableResult
    static func placeProgress(
        _ arguments: ParsedArguments
    ) throws(ArgumentError) -> (level: Logger.Level, rank: Int)? {
        let quietRank = arguments[quiet] ? arguments.rank(of: quiet) : 0
        let verboseRank = arguments[verbose] ? arguments.rank(of: verbose) : 0
        guard quietRank != verboseRank else {
            if quietRank == 0 { return nil }
            throw arguments.error(quiet, "does not go with --verbose: leave one of them out")
        }
        let isQuiet = quietRank > verboseRank
        ErrorOutput.standard.progressPlace = isQuiet ? .nowhere : .everywhere
        return isQuiet ? (.warning, quietRank) : (.debug, verboseRank)
    }

    /// A role's log, as its options want it.
    static func logger(_ role: String, _ arguments: ParsedArguments) throws(ArgumentError) -> Logger {
        let short = try placeProgress(arguments)
        // An argument counts before a variable, whichever of the three options it is.
        let level = short.flatMap { $0.rank > arguments.rank(of: logLevel) ? $0.level : nil }
        return Logger(role: role, level: level ?? arguments[logLevel], format: arguments[logFormat])
    }

    /// Log, metrics and stop signal of a role that drains. To be called before any thread is started: from here on SIGTERM
    /// and SIGINT are requests.
    ///
    /// - Parameter reload: what SIGHUP asks for; nil: it asks to stop.
    static func services(
        _ role: String, _ arguments: ParsedArguments, reload: ReloadSignal? = nil
    ) throws(ArgumentError) -> RoleServices {
        let logger = try logger(role, arguments)
        StopSignal.shared.install(reload: reload)
        return RoleServices(logger: logger)
    }

    /// Runs `body` with the status pages where they are asked for, and the classifier's API with them. A drain that outlasts its time by five seconds is cut.
    static func serving<Result>(
        _ arguments: ParsedArguments, _ services: RoleServices, api: InferenceAPI? = nil, _ body: () throws -> Result
    ) throws -> Result {
        let limit = arguments[drainTimeout] + .seconds(5)
        services.stop.onRequest {
            // The last resort, where a drain hangs: nothing is lost that was not committed.
            _ = OSThread(name: "drain limit") {
                MonotonicClock.sleep(until: MonotonicClock.deadline(after: limit))
                services.logger.error("not drained in time: ended at once")
                _exit(ExitStatus.temporaryFailure.rawValue)
            }
        }
        let server = try arguments[http].map { try StatusServer(address: $0, metrics: services.metrics, api: api) }
        defer { server?.stop() }
        return try body()
    }
}
