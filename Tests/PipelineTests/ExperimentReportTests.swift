import Events
import Foundation
import Latency
import Testing
import TestSupport

@testable import Pipeline

@Suite struct ExperimentReportTests {
    private let parent = TemporaryFolder()
    private let machine = MachineDescription(
        processor: "Test CPU", processors: 2, instructionSets: ["avx2"], memory: 4_000_000_000, system: "Test OS")

    /// A finished run with even latencies from 1 ms to `longest`.
    private func add(
        _ run: ExperimentRun, to folder: ExperimentFolder, perSecond: Double, longest: Double, answered: Double = 1
    ) throws -> ExperimentRun {
        var run = run
        run.isSteady = true
        run.windows = (0..<3).map { SteadyState.Window(start: Double($0), perSecond: perSecond, median: 1) }
        run.usage = ResourceUsage(
            roles: [ResourceUsage.Role(name: "infer", processes: run.infers, processors: 1.6, peakMemory: 5 << 20)],
            busyProcessors: 1.9, processors: 2)
        run.versions = ["librdkafka 9", "embedded broker (x)", "model abc-int8"]
        try folder.begin(run)
        for number in 1...run.producers {
            let writer = try LatencyCSVWriter(path: folder.file(of: run, producer: number))
            let count = 400
            writer.append(
                (0..<count).map { index in
                    // Not in order of latency, or it would look like a backlog.
                    let rank = (index * 173) % count
                    let isAnswered = Double(rank) < answered * Double(count)
                    return LatencyRecord(
                        run: run.name, producers: run.producers, producer: "p\(number)", device: "d",
                        imageID: UUID(), planned: Timestamp(nanoseconds: 1_000_000_000_000 + Int64(index) * 10_000_000),
                        sent: 1_000,
                        result: isAnswered ? Int64(1e6 + longest * 1e6 * Double(rank) / Double(count)) : nil,
                        outcome: isAnswered ? .ok : .timedOut)
                })
            try writer.close()
        }
        try folder.finish(run)
        return run
    }

    @Test func theAnswerIsTheBestRunWithinTheLimit() throws {
        var settings = ExperimentSettings()
        settings.limit = LatencyLimit(percentile: "p99", nanoseconds: 50_000_000)
        settings.targetRate = 1_000
        let folder = try ExperimentFolder(
            path: parent.file("e"), settings: settings, machine: machine, version: "1.2.3")
        let runs = [
            try add(.capacity(infers: 1, producers: 2), to: folder, perSecond: 300, longest: 40),
            try add(.offering(50, infers: 1, producers: 1, kind: .measured), to: folder, perSecond: 50, longest: 10),
            try add(.offering(50, infers: 1, producers: 2, kind: .measured), to: folder, perSecond: 100, longest: 20),
            try add(.offering(50, infers: 1, producers: 3, kind: .measured), to: folder, perSecond: 150, longest: 90),
            try add(.capacity(infers: 2, producers: 2), to: folder, perSecond: 450, longest: 40),
            try add(
                .offering(50, infers: 2, producers: 2, kind: .measured), to: folder, perSecond: 200, longest: 20,
                answered: 0.5),
        ]
        let report = try ExperimentReport(
            settings: settings, runs: runs, folder: folder, machine: machine, version: "1.2.3")
        // 150 a second is beyond the limit, 200 is an overload: 100 with 99 % within 20.8 ms.
        #expect(
            report.answer
                == "100 images/s at p99 ≤ 20.8 ms on this machine (2 × Test CPU), with 2 producers and 1 instance "
                + "of infer. 1,000 images/s need 10 instances, each with as much of a machine as there was for one here."
        )
        let files = try report.write()
        #expect(
            files.map { $0.split(separator: "/").last! } == [
                "cdf.png", "cdf.svg", "cdf-infer-2-rate-50.00.png", "cdf-infer-2-rate-50.00.svg", "report.md",
                "report.html",
            ])
        for file in files { #expect(FileManager.default.fileExists(atPath: file)) }
        let text = try TextFile.read("\(folder.path)/report.md")
        for line in [
            "| 2 | 450 | 225 | 75 % | 1.9 of 2 | the processors: infer takes 1.6 |", "OVERLOADED",
            "embedded broker: for trying out", "Version: model abc-int8", "400 of 400", "400 of 800",
        ] {
            #expect(
                text.contains(line) || text.contains(line.replacingOccurrences(of: "*", with: "\\*")),
                "\(line)\n\(text)")
        }
        let page = try TextFile.read("\(folder.path)/report.html")
        #expect(page.components(separatedBy: "data:image/svg+xml;base64,").count == 3)
    }

    @Test func withoutAnAcceptableRunItSaysSo() throws {
        var settings = ExperimentSettings()
        settings.limit = LatencyLimit(percentile: "p50", nanoseconds: 1_000)
        let folder = try ExperimentFolder(path: parent.file("f"), settings: settings, machine: machine, version: "1")
        let runs = [
            try add(.offering(50, infers: 1, producers: 1, kind: .measured), to: folder, perSecond: 50, longest: 10)
        ]
        let report = try ExperimentReport(
            settings: settings, runs: runs, folder: folder, machine: machine, version: "1")
        #expect(report.answer == "No run kept p50 ≤ 1.00 µs on this machine (2 × Test CPU).")
    }
}
