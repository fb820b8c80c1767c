import Foundation
import Glibc
import Postgres
import Testing

@testable import Pipeline

/// The experiment as its user runs it.
@Suite(.serialized, .enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct ExperimentTests {
    private let path = "\(NSTemporaryDirectory())/iotpipe-tests-\(UUID().uuidString)"
    private let quick = ["--warm-up", "500ms", "--window", "500ms", "--time-limit", "6s", "--limit", "p99=2s"]

    private func start(_ arguments: [String]) throws -> RoleProcess {
        try FileManager.default.createDirectory(atPath: "\(path)/tmp", withIntermediateDirectories: true)
        return try RoleProcess(
            ["experiment", "--output", "\(path)/out"] + quick + arguments, environment: ["TMPDIR": "\(path)/tmp"])
    }

    private func contents(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted()
    }

    private func remove() { try? FileManager.default.removeItem(atPath: path) }

    @Test func itMeasuresResumesAndReports() throws {
        defer { remove() }
        let arguments = ["--producers", "1,2", "--rate", "10", "--infer", "1,2", "--streams", "1"]
        let first = try start(arguments)
        // Killed while it runs the second run: the first one's record is there.
        try Wait.until("the first run is done: \(first.output)") {
            FileManager.default.fileExists(atPath: "\(path)/out/runs/capacity-infer-1/run.json")
        }
        first.child.signal(SIGKILL)
        first.child.wait()
        try Wait.until("its processes are gone") {
            Shell.run("pgrep -f '\(path)'").output.split(separator: "\n").count <= 1
        }
        let record = try FileManager.default.attributesOfItem(atPath: "\(path)/out/runs/capacity-infer-1/run.json")

        let second = try start(arguments)
        #expect(second.wait(.seconds(240)) == .code(0), "\(second.output)")
        #expect(second.output.contains("going on: 1 runs"), "\(second.output)")
        let kept = try FileManager.default.attributesOfItem(atPath: "\(path)/out/runs/capacity-infer-1/run.json")
        #expect(kept[.modificationDate] as? Date == record[.modificationDate] as? Date)
        #expect(
            contents("out/runs") == [
                "capacity-infer-1", "capacity-infer-2", "infer-1-producers-1-rate-10.00",
                "infer-1-producers-2-rate-10.00", "infer-2-producers-1-rate-10.00", "infer-2-producers-2-rate-10.00",
            ])
        for file in ["cdf.png", "cdf.svg", "report.html", "report.md", "experiment.json"] {
            #expect(contents("out").contains(file), "\(contents("out"))")
        }
        let report = try String(contentsOfFile: "\(path)/out/report.md", encoding: .utf8)
        #expect(report.hasPrefix("**"), "\(report)")
        for text in [
            "images/s at p99 ≤", "Version: model \(try ShippedModel.version())", "embedded broker", "| infer |",
            "| postgres |", "librdkafka",
        ] {
            #expect(report.contains(text), "\(text)\n\(report)")
        }
        #expect(contents("tmp").isEmpty)

        // A third start has nothing to run and reports again; another question is refused.
        let third = try start(arguments)
        #expect(third.wait() == .code(0), "\(third.output)")
        #expect(third.output.contains("going on: 6 runs"), "\(third.output)")
        let other = try start(["--producers", "3"])
        #expect(other.wait() == .code(73), "\(other.output)")
        #expect(other.output.contains("another options"), "\(other.output)")
    }

    @Test(.enabled(if: Surroundings.hasServers, "Kafka is missing")) func onApacheKafkaItSearchesTheHighestRate() throws
    {
        defer { remove() }
        let kafka = try Servers.kafka()
        let database = try TemporaryCluster()
        let experiment = try start([
            "-b", kafka.bootstrapServers, "-d", database.conninfo, "--producers", "1", "--rate", "5", "--find-max-rate",
            "--infer", "5", "--streams", "1",
        ])
        #expect(experiment.wait(.seconds(300)) == .code(0), "\(experiment.output)")
        #expect(experiment.output.contains("warning: 5 infers share 4 partitions"), "\(experiment.output)")
        let searched = contents("out/runs").filter { $0.hasPrefix("search-") }
        #expect(searched.count >= 2, "\(contents("out/runs"))")
        let report = try String(contentsOfFile: "\(path)/out/report.md", encoding: .utf8)
        for text in ["The highest rate within the limit", "Kafka cluster of 1 broker at", "PostgreSQL 1"] {
            #expect(report.contains(text), "\(text)\n\(report)")
        }
        #expect(!report.contains("embedded broker"), "\(report)")
    }
}
