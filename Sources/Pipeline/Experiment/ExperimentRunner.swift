import Events
import Kafka
import Latency
import Postgres
import Telemetry
import Threads

/// Runs one run of an experiment after the other on one pipeline.
final class ExperimentRunner {
    /// Nanoseconds after the end of a window in which its rows still come to the files: they are written twice a second.
    private static let rowDelay: Int64 = 1_000_000_000

    private let settings: ExperimentSettings
    private let pipeline: any ExperimentPipeline
    private let folder: ExperimentFolder
    private let stop: StopSignal
    private let note: (String) -> Void
    private let show: (String) -> Void
    private let backlog: PipelineBacklog
    private let stored: StoredOffsets?
    private let metadata: ClusterMetadata

    init(
        settings: ExperimentSettings, pipeline: any ExperimentPipeline, folder: ExperimentFolder, stop: StopSignal,
        note: @escaping (String) -> Void, show: @escaping (String) -> Void
    ) throws {
        self.settings = settings
        self.pipeline = pipeline
        self.folder = folder
        self.stop = stop
        self.note = note
        self.show = show
        let kafka = try pipeline.kafkaConfiguration()
        let admin = try Admin(configuration: kafka)
        backlog = try PipelineBacklog(kafka: kafka, admin: admin, logger: Logger(role: "experiment", level: .warning))
        metadata = try admin.metadata(timeout: .seconds(30))
        let isOurs = settings.infers.contains { $0 > 0 }
        if isOurs {
            show("starting persist and infer")
            try pipeline.startRoles(infers: settings.infers.first { $0 > 0 } ?? 1) { stop.isRequested }
        }
        // persist has made the tables by now.
        stored =
            isOurs && !pipeline.database.isEmpty
            ? try StoredOffsets(database: pipeline.database, clusterID: metadata.clusterID ?? "unknown") : nil
        if let most = settings.infers.max(), most > backlog.imagePartitions {
            note(
                "warning: \(most) infers share \(backlog.imagePartitions) partitions of images: some have nothing to do; "
                    + "make the topic with more partitions")
        }
    }

    /// Runs it and keeps its record.
    ///
    /// - Returns: nil where it was stopped: the next start runs it again.
    func run(_ planned: ExperimentRun) throws -> ExperimentRun? {
        var run = planned
        if run.infers > 0 {
            try pipeline.startRoles(infers: run.infers) { stop.isRequested }
        }
        try settle()
        if stop.isRequested { return nil }
        let begin = Timestamp.now
        try folder.begin(run)
        try pipeline.startProducers(of: run, run.arguments(settings), folder: folder)
        try follow(&run)
        if stop.isRequested { return nil }
        pipeline.collectProducers()
        let files = folder.files(of: run).count
        guard files == run.producers else {
            throw RoleError(
                .unavailable,
                "\(run.name): \(files) of \(run.producers) producers have written their latencies: look at their logs")
        }
        run.versions = try versions(since: begin)
        try folder.finish(run)
        note(try line(run))
        return run
    }

    /// What has a version in a run, besides iotpipe.
    private func versions(since begin: Timestamp) throws -> [String] {
        var versions = ["librdkafka \(KafkaLibrary.version)"]
        if pipeline.isEmbedded {
            versions.append("embedded broker (librdkafka's mock cluster, not Apache Kafka)")
        } else {
            let brokers = Format.count(metadata.brokers.count, "broker")
            versions.append("Kafka cluster of \(brokers) at \(pipeline.bootstrapServers)")
        }
        guard stored != nil else { return versions }
        let connection = try Connection(pipeline.database, applicationName: "iotpipe experiment")
        versions.append("PostgreSQL \(try connection.query("SHOW server_version")[0][0] ?? "?")")
        let models = try connection.query(
            "SELECT DISTINCT model_version FROM inferences WHERE captured_at >= $1::timestamptz ORDER BY 1",
            [.text(begin.rfc3339)])
        return versions + models.map { "model \($0[0] ?? "?")" }
    }

    // MARK: - Running

    /// Waits until nothing of an earlier run is left to do.
    private func settle() throws {
        let deadline = MonotonicDeadline(after: .seconds(120))
        while !stop.isRequested {
            try pipeline.check()
            let left = try backlog.read { try stored?.read() }
            if left.isEmpty { return }
            guard !deadline.hasPassed else {
                return note(
                    "warning: \(left.unanswered) images are unanswered and \(left.unstored) messages not stored after two "
                        + "minutes: the next run begins with them")
            }
            show("waiting: \(left.unanswered) images unanswered, \(left.unstored) messages not stored")
            stop.wait(until: MonotonicClock.deadline(after: .milliseconds(100)))
        }
    }

    /// Follows the producers until they have ended: asks them to as soon as the run is steady.
    private func follow(_ run: inout ExperimentRun) throws {
        var tails: [String: LatencyCSVTail] = [:]
        var isEnding = false
        var state = SteadyState(window: .milliseconds(Int64(settings.window * 1e3)))
        var before: ResourceSampler?
        while !pipeline.producersEnded, !stop.isRequested {
            try pipeline.check()
            if pipeline.isEmbedded, let stored { pipeline.grant(try stored.read()) }
            for file in folder.files(of: run) where tails[file] == nil { tails[file] = LatencyCSVTail(path: file) }
            for tail in tails.values { try tail.read { state.add($0) } }
            if before == nil, state.origin != nil { before = ResourceSampler(pipeline.processes) }
            let now = Timestamp.now.nanoseconds - ExperimentRunner.rowDelay
            if let before, !isEnding, state.windowsEnded(by: now) > run.windows.count {
                run.windows = state.windows(endedBy: now)
                run.isSteady = SteadyState.isSteady(run.windows)
                if run.isSteady || Double(run.windows.count) * settings.window >= settings.timeLimit {
                    let running = pipeline.processes
                    run.usage = ResourceSampler(running).usage(since: before, of: running)
                    pipeline.stopProducers()
                    isEnding = true
                }
            }
            show(status(run, isEnding: isEnding))
            stop.wait(until: MonotonicClock.deadline(after: .milliseconds(pipeline.isEmbedded ? 50 : 200)))
        }
        try pipeline.check()
    }

    private func status(_ run: ExperimentRun, isEnding: Bool) -> String {
        guard !isEnding else { return "\(run.name): waiting for the last results" }
        guard let last = run.windows.last else { return "\(run.name): warming up" }
        let rate = "\(Format.decimal(last.perSecond, 1)) images/s, median \(Format.milliseconds(last.median))"
        return "\(run.name): \(rate) in window \(run.windows.count)"
    }

    /// What a finished run showed, in a line.
    private func line(_ run: ExperimentRun) throws -> String {
        let summary = try folder.summary(of: run)
        let served = "\(Format.decimal(run.answeredPerSecond, 1)) images/s"
        if run.kind == .capacity { return "\(run.name): \(served) at most" }
        if let overload = summary.overloadNote { return "\(run.name): \(overload)" }
        let percentiles = summary.percentiles.map { "\($0.name) \(Format.milliseconds($0.value))" }
        return "\(run.name): \(served), \(percentiles.joined(separator: ", "))"
            + (run.isSteady ? "" : ", not stable within \(Format.decimal(settings.timeLimit, 0)) s")
    }
}
