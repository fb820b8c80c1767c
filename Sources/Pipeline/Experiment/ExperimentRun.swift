import Threads

/// One run of an experiment: what was run, and what its processes took up. Its latencies are in its CSV files.
struct ExperimentRun: Sendable, Codable, Equatable {
    /// Why it was run.
    enum Kind: String, Sendable, Codable {
        /// To find how much the pipeline can do: a closed loop.
        case capacity
        /// For its curve.
        case measured
        /// To find the highest rate that keeps the limit.
        case search
    }

    /// Also the name of its folder.
    let name: String
    let kind: Kind
    /// Instances of infer; 0 where they were not ours.
    let infers: Int
    let producers: Int
    /// Images a second of each producer; nil in a closed loop.
    let rate: Double?
    /// Images in flight of each producer, in a closed loop.
    var inFlight: Int?
    /// Whether the last three windows were alike before the time was up.
    var isSteady = false
    var windows: [SteadyState.Window] = []
    var usage = ResourceUsage()
    /// What has a version in it: libraries, servers, models.
    var versions: [String] = []

    /// The run of a capacity.
    static func capacity(infers: Int, producers: Int) -> ExperimentRun {
        // As many as keep every stream of every instance in full batches, at any number of processors.
        let inFlight = 64 * max(1, infers)
        return ExperimentRun(
            name: "capacity-infer-\(infers)", kind: .capacity, infers: infers, producers: producers, rate: nil,
            inFlight: max(1, inFlight / producers))
    }

    /// A run of a curve, or of a search.
    static func offering(_ rate: Double, infers: Int, producers: Int, kind: Kind) -> ExperimentRun {
        let prefix = kind == .search ? "search-" : ""
        return ExperimentRun(
            name: "\(prefix)infer-\(infers)-producers-\(producers)-rate-\(Format.decimal(rate, 2))", kind: kind,
            infers: infers, producers: producers, rate: rate)
    }

    /// Images a second over the last three windows, all producers together.
    var answeredPerSecond: Double {
        let last = windows.suffix(SteadyState.windowsNeeded)
        return last.isEmpty ? 0 : last.reduce(0) { $0 + $1.perSecond } / Double(last.count)
    }

    /// Options of its producers, besides their own names.
    func arguments(_ settings: ExperimentSettings) -> [String] {
        var arguments = ["--run", name, "--devices", "\(settings.devices)"]
        if let inFlight { arguments += ["--closed-loop", "\(inFlight)"] }
        if let rate { arguments += ["--rate", "\(rate)", "--arrival", settings.arrival] }
        // A broker that has just been started is slower for a while, and the capacity is measured first.
        let warmUp = kind == .capacity ? 3 * settings.warmUp : settings.warmUp
        arguments += ["--warm-up", ExperimentRun.seconds(warmUp)]
        // Beyond the last window: it is stopped from outside, and its last images are as many as those before.
        arguments += ["--duration", ExperimentRun.seconds(settings.timeLimit + 4 * settings.window)]
        return arguments + (settings.dataset.map { ["--dataset", $0] } ?? [])
    }

    private static func seconds(_ seconds: Double) -> String { "\(Int((seconds * 1e3).rounded()))ms" }
}
