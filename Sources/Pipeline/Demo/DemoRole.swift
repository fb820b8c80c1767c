import Events
import Inference
import Kafka
import Latency
import Telemetry
import Threads

/// The whole pipeline on one machine with nothing installed: broker, database, infer, persist and one to four producers,
/// each a process, and a picture of their latencies at the end.
public final class DemoRole {
    private let options: DemoOptions
    private let stop: StopSignal
    private let say: (String) -> Void
    private let show: (String) -> Void

    /// - Parameters:
    ///   - say: prints a line for the user.
    ///   - show: shows the state of the moment, replacing the one before.
    public init(
        options: DemoOptions, stop: StopSignal = .shared, say: @escaping (String) -> Void,
        show: @escaping (String) -> Void
    ) {
        self.options = options
        self.stop = stop
        self.say = say
        self.show = show
    }

    /// Runs the demo; nothing of it is left afterwards but its results.
    ///
    /// - Returns: `success` where every image was stored exactly once; `degraded` where one was lost or doubled;
    ///   `temporaryFailure` where the broker did not take them all; nil where it was stopped.
    public func run() throws -> ExitStatus? {
        var pipeline = options.pipeline
        // Before anything is started; infer is given the same file.
        let weights = try ModelLocator.weights(named: pipeline.weights)
        let names = Set(try ModelWeights.load(weights).labels)
        pipeline.weights = weights
        let folders = try DemoFolders(output: options.output)
        defer { folders.remove() }
        let servers = [
            options.pipeline.bootstrapServers == nil ? "an embedded broker" : nil,
            options.pipeline.database == nil ? "a private PostgreSQL" : nil,
        ].compactMap { $0 }
        if !servers.isEmpty { show("starting \(servers.joined(separator: " and "))") }
        let services = try PipelineProcesses(pipeline, folder: folders.work)
        defer { services.stop() }
        show("starting persist and infer")
        try services.startRoles { stop.isRequested }
        let kafka = try services.kafkaConfiguration()
        let admin = try Admin(configuration: kafka)
        // Under the cluster's id persist stores its offsets.
        let clusterID = try admin.metadata(timeout: .seconds(30)).clusterID ?? "unknown"
        let stored = try StoredOffsets(database: services.database, clusterID: clusterID)
        let backlog = try PipelineBacklog(kafka: kafka, admin: admin, logger: Logger(role: "demo", level: .warning))

        var files: [String] = []
        for count in options.producers where !stop.isRequested {
            let own = (1...count).map { "latencies-\(count)-\($0).csv" }
            for (number, name) in zip(1..., own) {
                try services.startProducer(
                    number, of: count, label: "produce-\(count)-\(number)",
                    arguments(latencies: "\(folders.work)/\(name)"))
            }
            files += own
            try follow(services, stored: stored, files: own.map { "\(folders.work)/\($0)" }, names: names)
            services.collectProducers()
            if services.isEmbedded { try clear(services, backlog, stored, producers: count) }
        }
        if stop.isRequested { return nil }
        let paths = files.map { "\(folders.work)/\($0)" }
        let verdict = try settle(paths, names: names, services: services)
        let report = try LatencyReport(reading: paths)
        for file in files {
            try folders.keep(file)
            try folders.keep(HistogramLog.path(besides: file))
        }
        let notice = ResultsNotice.text(isEmbedded: services.isEmbedded)
        let pictures = try draw(report, notice: notice, in: folders.output)
        summarize(report, verdict, notice: notice, pictures: pictures)
        if options.keeps {
            keep(services, folder: folders.work)
            while !stop.wait(until: MonotonicClock.deadline(after: .seconds(1))) { try services.check() }
        }
        if verdict.lost > 0 || verdict.doubled > 0 { return .degraded }
        return verdict.undelivered > 0 ? .temporaryFailure : .success
    }

    // MARK: - Running

    private func arguments(latencies: String) -> [String] {
        let arguments = [
            "--rate", "\(options.rate)", "--count", "\(options.count)", "--devices", "\(options.devices)",
            "--run", "demo", "--latencies", latencies,
        ]
        return arguments + (options.dataset.map { ["--dataset", $0] } ?? [])
    }

    /// Waits for the producers, passes credit on to them, and shows how far it is.
    private func follow(
        _ services: PipelineProcesses, stored: StoredOffsets, files: [String], names: Set<String>
    ) throws {
        let producers = Format.count(files.count, "producer")
        let tails = files.map(LatencyCSVTail.init)
        var answers = AnswerCount()
        var start: Int64?
        var isOver = false
        while !isOver {
            // Once more after the end: the last rows are there then.
            isOver = services.producersEnded || stop.isRequested
            try services.check()
            let offsets = try stored.read()
            services.grant(offsets)
            let results = offsets.reduce(Int64(0)) { $0 + ($1.key.topic == Topics.inferences ? $1.value : 0) }
            if start == nil { start = results }
            for tail in tails { try tail.read { answers.add($0.predicted, truth: $0.label, names: names) } }
            show(
                "\(producers): \(results - start!) of \(files.count * options.count) images classified and stored"
                    + (answers.text.map { ", right answers \($0)" } ?? ""))
            if !isOver { stop.wait(until: MonotonicClock.deadline(after: .milliseconds(50))) }
        }
    }

    /// Waits until the embedded broker may drop everything that it has: the next run's producers know nothing of what an
    /// earlier one left there.
    private func clear(
        _ services: PipelineProcesses, _ backlog: PipelineBacklog, _ stored: StoredOffsets, producers: Int
    ) throws {
        while !stop.isRequested {
            try services.check()
            let left = try backlog.read(stored.read)
            if left.isEmpty { return }
            show(
                "\(Format.count(producers, "producer")): \(left.unstored) messages are not stored and \(left.unanswered) images "
                    + "not classified yet")
            stop.wait(until: MonotonicClock.deadline(after: .milliseconds(50)))
        }
    }

    /// Waits until persist has stored everything that was acknowledged: it works in batches, a moment behind.
    private func settle(
        _ files: [String], names: Set<String>, services: PipelineProcesses
    ) throws -> DemoVerdict {
        let deadline = MonotonicDeadline(after: .seconds(20))
        while true {
            let verdict = try DemoVerdict(files: files, names: names, database: services.database)
            if verdict.lost == 0 || deadline.hasPassed || stop.isRequested { return verdict }
            try services.check()
            deadline.pause(.milliseconds(200))
        }
    }

    // MARK: - Results

    private func draw(_ report: LatencyReport, notice: String, in folder: String) throws -> [String] {
        let chart = CDFChart.Options(
            title: "End-to-end latency of image classification",
            subtitle: "\(options.count) images from each producer at \(Format.decimal(options.rate, 1)) images/s; "
                + "from the planned instant to the result",
            notice: notice)
        let pictures = ["\(folder)/latencies.png", "\(folder)/latencies.svg"]
        try CDFChart.draw(report.curves, options: chart, png: pictures[0], svg: pictures[1])
        return pictures
    }

    private func summarize(_ report: LatencyReport, _ verdict: DemoVerdict, notice: String, pictures: [String]) {
        show("")
        say(report.table().text)
        say("images         \(verdict.acknowledged) acknowledged by the broker")
        say(
            "rows           \(verdict.imageRows) in images, \(verdict.inferenceRows) in inferences, "
                + "\(verdict.deadLetters) in dead_letters")
        say("lost           \(verdict.lost)")
        say("doubled        \(verdict.doubled)")
        say("model version  \(verdict.modelVersions.joined(separator: ", "))")
        say("right answers  \(verdict.rightAnswers)")
        if !notice.isEmpty { say("note           \(notice)") }
        for warning in report.warnings { say("warning        \(warning)") }
        say("pictures       \(pictures.joined(separator: "  "))")
    }

    private func keep(_ services: PipelineProcesses, folder: String) {
        say("")
        say("Everything keeps running until Ctrl-C. Look into it from another terminal:")
        say("  kcat -b \(services.bootstrapServers) -t iot.images -C -o beginning -c 1 -f '%h\\n' -e")
        say("  kcat -b \(services.bootstrapServers) -t iot.inferences -C -o beginning -c 1 -e")
        say(
            "  \(services.psqlCommand) -c 'SELECT device_id, true_label, label, probability FROM classified_images LIMIT 5'"
        )
        say("  iotpipe broker-check --bootstrap-server \(services.bootstrapServers)")
        say("  logs: \(folder)")
    }
}
