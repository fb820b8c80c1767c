import FoundationEssentials
import Glibc
import Kafka
import Latency
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
        let folders = try DemoFolders(output: options.output)
        defer { folders.remove() }
        let servers = [
            options.bootstrapServers == nil ? "an embedded broker" : nil,
            options.database == nil ? "a private PostgreSQL" : nil,
        ].compactMap { $0 }
        if !servers.isEmpty { show("starting \(servers.joined(separator: " and "))") }
        let services = try DemoServices(options: options, folder: folders.work)
        defer { services.stop() }
        show("starting persist and infer")
        try services.startRoles { stop.isRequested }
        let admin = try services.admin()
        // Under the cluster's id persist stores its offsets.
        let clusterID = try admin.metadata(timeout: .seconds(30)).clusterID ?? "unknown"
        let credit = try DemoCredit(database: services.database, clusterID: clusterID)

        var files: [String] = []
        for count in options.producers where !stop.isRequested {
            for number in 1...count {
                let name = "latencies-\(count)-\(number).csv"
                files.append(name)
                try services.startProducer(number, of: count, latencies: "\(folders.work)/\(name)")
            }
            try follow(services, credit: credit, producers: count)
            services.collectProducers()
            if services.isEmbedded { try clear(services, admin, credit, producers: count) }
        }
        if stop.isRequested { return nil }
        let paths = files.map { "\(folders.work)/\($0)" }
        let verdict = try settle(paths, services: services)
        let report = try LatencyReport(reading: paths)
        for file in files { try folders.keep(file) }
        let notice = notice(services, verdict)
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

    /// Waits for the producers, passes credit on to them, and shows how far it is.
    private func follow(_ services: DemoServices, credit: DemoCredit, producers: Int) throws {
        let total = producers * options.count
        var start: Int64?
        while !services.producersEnded, !stop.isRequested {
            try services.check()
            let lines = try credit.read()
            services.grant(lines)
            let stored = lines.split(separator: "\n").reduce(Int64(0)) { sum, line in
                let fields = line.split(separator: " ")
                return fields.first == "iot.inferences" ? sum + (Int64(fields.last ?? "") ?? 0) : sum
            }
            if start == nil { start = stored }
            show("\(DemoRole.name(producers)): \(stored - start!) of \(total) images classified and stored")
            stop.wait(until: MonotonicClock.deadline(after: .milliseconds(50)))
        }
        try services.check()
    }

    /// Waits until the embedded broker may drop everything that it has: the next run's producers know nothing of what an
    /// earlier one left there.
    private func clear(_ services: DemoServices, _ admin: Admin, _ credit: DemoCredit, producers: Int) throws {
        while !stop.isRequested {
            try services.check()
            // The ends first: what is stored by then can only be more.
            let backlog = DemoBacklog(ends: try DemoBacklog.ends(of: admin), credit: try credit.read())
            if backlog.isEmpty { return }
            show(
                "\(DemoRole.name(producers)): \(backlog.unstored) messages are not stored and \(backlog.unanswered) images "
                    + "not classified yet")
            stop.wait(until: MonotonicClock.deadline(after: .milliseconds(50)))
        }
    }

    private static func name(_ producers: Int) -> String { "\(producers) producer\(producers == 1 ? "" : "s")" }

    /// Waits until persist has stored everything that was acknowledged: it works in batches, a moment behind.
    private func settle(_ files: [String], services: DemoServices) throws -> DemoVerdict {
        let deadline = MonotonicDeadline(after: .seconds(20))
        while true {
            let verdict = try DemoVerdict(files: files, database: services.database)
            if verdict.lost == 0 || deadline.hasPassed || stop.isRequested { return verdict }
            try services.check()
            deadline.pause(.milliseconds(200))
        }
    }

    // MARK: - Results

    private func notice(_ services: DemoServices, _ verdict: DemoVerdict) -> String {
        var parts: [String] = []
        if verdict.modelVersions.contains(where: { $0.hasPrefix("UNTRAINED") }) {
            parts.append("UNTRAINED model: the answers mean nothing")
        }
        if services.isEmbedded { parts.append("embedded broker: for trying out, not for measuring Kafka") }
        return parts.joined(separator: " · ")
    }

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
        say(report.table.text)
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

    private func keep(_ services: DemoServices, folder: String) {
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
