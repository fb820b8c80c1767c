import Inference
import Threads

/// The whole experiment: for each number of infers and each number of producers it lets the pipeline settle, measures
/// until it is stable, and collects; then it reports.
public final class ExperimentRole {
    private let settings: ExperimentSettings
    private let setup: PipelineSetup
    private let output: String
    private let version: String
    private let stop: StopSignal
    private let note: (String) -> Void
    private let show: (String) -> Void
    private let say: (String) -> Void

    /// - Parameters:
    ///   - output: folder for the results.
    ///   - version: of iotpipe, for the report.
    ///   - note: prints a line for the user.
    ///   - show: shows the state of the moment, replacing the one before.
    ///   - say: writes a line for whoever runs the roles, where that is not this program.
    public init(
        settings: ExperimentSettings, setup: PipelineSetup, output: String, version: String,
        stop: StopSignal = .shared, note: @escaping (String) -> Void, show: @escaping (String) -> Void,
        say: @escaping (String) -> Void
    ) {
        self.settings = settings
        self.setup = setup
        self.output = output
        self.version = version
        self.stop = stop
        self.note = note
        self.show = show
        self.say = say
    }

    /// Runs what is not done yet, and writes the report.
    ///
    /// - Returns: the report's first line and its files; nil where it was stopped: the next start goes on from there.
    public func run() throws -> (answer: String, files: [String])? {
        // Before the folder is this experiment's: with --weights it would be another's.
        if settings.infers.contains(where: { $0 > 0 }), !settings.isScaledOutside {
            _ = try ModelLocator.weights(named: setup.weights)
        }
        let machine = MachineDescription.current
        let folder = try ExperimentFolder(path: output, settings: settings, machine: machine, version: version)
        if !folder.finished.isEmpty { note("going on: \(folder.finished.count) runs of \(output) are done already") }
        let work = try WorkFolder(name: "iotpipe-experiment")
        defer { work.remove() }
        let pipeline = Pipeline(folder: folder, work: work.path)
        defer { pipeline.roles?.stop() }
        let runs = try measure(pipeline)
        if stop.isRequested { return nil }
        show("writing the report")
        let report = try ExperimentReport(
            settings: settings, runs: runs, folder: folder, machine: machine, version: version)
        return (report.answer, try report.write())
    }

    /// What runs the runs: started with the first that is not done yet.
    private final class Pipeline {
        let folder: ExperimentFolder
        let work: String
        var roles: (any ExperimentPipeline)?
        var runner: ExperimentRunner?

        init(folder: ExperimentFolder, work: String) {
            self.folder = folder
            self.work = work
        }
    }

    /// The run's record, of an earlier start or of this one; nil where it was stopped.
    private func run(_ run: ExperimentRun, on pipeline: Pipeline) throws -> ExperimentRun? {
        if stop.isRequested { return nil }
        if let done = pipeline.folder.finished[run.name] { return done }
        if pipeline.roles == nil {
            show("starting the servers")
            pipeline.roles =
                settings.isScaledOutside
                ? try ScaledPipeline(setup, folder: pipeline.work, say: say)
                : try PipelineProcesses(setup, folder: pipeline.work)
        }
        if pipeline.runner == nil, let roles = pipeline.roles {
            pipeline.runner = try ExperimentRunner(
                settings: settings, pipeline: roles, folder: pipeline.folder, stop: stop, note: note, show: show)
        }
        return try pipeline.runner?.run(run)
    }

    private func measure(_ pipeline: Pipeline) throws -> [ExperimentRun] {
        let most = settings.producers.max() ?? 1
        var runs: [ExperimentRun] = []
        var rates = settings.rates
        for infers in settings.infers {
            guard let capacity = try run(.capacity(infers: infers, producers: most), on: pipeline) else { break }
            runs.append(capacity)
            if rates.isEmpty {
                guard capacity.answeredPerSecond > 0 else {
                    throw RoleError(
                        .temporaryFailure,
                        "no image was answered within \(Format.decimal(settings.timeLimit, 0)) s: does infer work? Look at "
                            + "its log, or give --time-limit more")
                }
                rates = [ExperimentSettings.defaultLoad * capacity.answeredPerSecond / Double(most)]
            }
            for rate in rates {
                for producers in settings.producers {
                    let next = ExperimentRun.offering(rate, infers: infers, producers: producers, kind: .measured)
                    if let done = try run(next, on: pipeline) { runs.append(done) }
                }
            }
            if settings.findsMaxRate, let limit = settings.limit {
                runs += try search(pipeline, limit: limit, infers: infers, producers: most, capacity: capacity)
            }
        }
        return runs
    }

    private func search(
        _ pipeline: Pipeline, limit: LatencyLimit, infers: Int, producers: Int, capacity: ExperimentRun
    ) throws -> [ExperimentRun] {
        var search = RateSearch(start: max(1, capacity.answeredPerSecond) * 0.9)
        var runs: [ExperimentRun] = []
        while let rate = search.next {
            let next = ExperimentRun.offering(
                rate / Double(producers), infers: infers, producers: producers, kind: .search)
            guard let done = try run(next, on: pipeline) else { break }
            runs.append(done)
            search.record(rate, held: limit.isKept(by: try pipeline.folder.summary(of: done)))
        }
        return runs
    }
}
