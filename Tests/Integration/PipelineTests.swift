import Events
import Foundation
import Images
import Inference
import Kafka
import Latency
import Postgres
import Testing
import Threads

@testable import Pipeline

/// The whole pipeline on a real Apache Kafka and a real PostgreSQL, every role a process of the built program.
@Suite(
    .serialized, .enabled(if: Surroundings.hasServers && Surroundings.hasData, "Apache Kafka or test data is missing"))
struct PipelineTests {
    /// Images in the large runs.
    static let count = 2_000

    @Test(arguments: KafkaServer.Mode.allCases) func everyImageHasOneRowAndTheRightAnswer(mode: KafkaServer.Mode) throws
    {
        let kafka = try KafkaServer(mode)
        let cluster = try TemporaryCluster()
        let common = ["--bootstrap-server", kafka.bootstrapServers]
        let persist = try RoleProcess(
            ["persist"] + common, environment: ["IOTPIPE_DATABASE": cluster.conninfo], waits: true)
        let address = "127.0.0.1:\(try FreePorts.take(1)[0])"
        let infer = try RoleProcess(
            ["infer", "--weights", Surroundings.weights, "--precision", "f32", "--http", address] + common, waits: true)
        let csv = "\(NSTemporaryDirectory())/iotpipe-\(UUID().uuidString).csv"
        defer { try? FileManager.default.removeItem(atPath: csv) }
        // Far faster than the model: the queue on the broker is part of the test.
        let produce = try RoleProcess(
            [
                "produce", "--rate", "500", "--count", "\(Self.count)", "--dataset", Surroundings.testSplit,
                "--latencies", csv, "--producer", "test", "--result-timeout", "10m",
            ] + common)
        #expect(produce.wait(.seconds(600)) == .code(0), "\(produce.output)\n\(infer.output)")
        var latencies: [LatencyRecord] = []
        try LatencyCSVReader(path: csv).forEach { latencies.append($0) }
        #expect(latencies.count == Self.count)
        try Stages.check(latencies)

        let database = try Connection(cluster.conninfo, applicationName: "tests")
        try Wait.until("every row is stored") {
            try database.query("SELECT count(*) FROM inferences")[0].int(0) ?? 0 >= Int64(Self.count)
        }
        let counts = try database.query(
            """
            SELECT (SELECT count(*) FROM images), (SELECT count(DISTINCT id) FROM images),
                   (SELECT count(*) FROM inferences), (SELECT count(DISTINCT image_id) FROM inferences),
                   (SELECT count(*) FROM dead_letters), (SELECT count(*) FROM classified_images)
            """)[0]
        for (column, expected) in [Self.count, Self.count, Self.count, Self.count, 0, Self.count].enumerated() {
            #expect(counts.int(column) == Int64(expected), "column \(column) of the counts")
        }
        try checkPictures(database)
        try checkAnswers(database)
        var metrics = ""
        // A result may be read before its sender has the broker's word.
        try Wait.until("every result is acknowledged: \(metrics)") {
            metrics = Shell.run("curl -s -m 60 \(address)/metrics").output
            return metrics.contains("iotpipe_infer_images_classified_total \(Self.count)\n")
        }
        if mode == .kraft {
            try checkTools(kafka, cluster)
        }
        #expect(infer.stop() == .code(0), "\(infer.output)")
        #expect(persist.stop() == .code(0), "\(persist.output)")
        #expect(infer.output.contains("2000 classified"), "\(infer.output)")
        try checkCounts(database, metrics: metrics, log: infer.output)
    }

    /// infer has counted as right and wrong what the tables say, and no image whose label is none of the model's names.
    private func checkCounts(_ database: Connection, metrics: String, log: String) throws {
        let names = Set(try ModelWeights.load(Surroundings.weights).labels)
        let rows = try database.query("SELECT true_label, label FROM classified_images").filter {
            names.contains($0[0] ?? "")
        }
        let right = rows.count { $0[0] == $0[1] }
        #expect(rows.count > 20 && rows.count < Self.count / 2 && right > 0 && right < rows.count)
        for (answer, count) in [("right", right), ("wrong", rows.count - right)] {
            #expect(metrics.contains("iotpipe_infer_answers_total{answer=\"\(answer)\"} \(count)\n"), "\(metrics)")
        }
        #expect(log.contains(", right answers \(right) of \(rows.count) ("), "\(log)")
    }

    /// Every stored PNG decodes to the pixels of its source, in the order they were sent.
    private func checkPictures(_ database: Connection) throws {
        let dataset = try CIFAR100Dataset(path: Surroundings.testSplit)
        let rows = try database.query("SELECT png, label FROM images ORDER BY captured_at, id")
        var different = 0
        for (index, row) in rows.enumerated() {
            let source = try dataset.image(at: index)
            let png = try #require(row.bytes(0))
            if try PNGCodec.decode(png) != source.image || row[1] != source.label { different += 1 }
        }
        #expect(different == 0)
    }

    /// The first 64 answers are those of the oracle.
    private func checkAnswers(_ database: Connection) throws {
        let rows = try database.query(
            "SELECT top5, model_version FROM classified_images ORDER BY captured_at, id LIMIT 64")
        let oracle = try Oracle.load()
        let version = "\(try ModelWeights.load(Surroundings.weights).version)-f32"
        for (row, expected) in zip(rows, oracle.images) {
            let names = try JSONDecoder().decode([StoredPrediction].self, from: Data(try #require(row[0]).utf8)).map(
                \.label)
            #expect(expected.agrees(with: names), "image \(expected.row): \(names)")
            #expect(row[1] == version)
        }
    }

    /// Other people's tools see what is there.
    private func checkTools(_ kafka: KafkaServer, _ cluster: TemporaryCluster) throws {
        for (topic, headers) in [
            (
                "iot.images",
                ["ce_specversion=1.0", "ce_type=io.iotpipe.image.captured.v1", "content-type=image/png", "ce_label="]
            ),
            ("iot.inferences", ["ce_specversion=1.0", "ce_type=io.iotpipe.image.classified.v1", "ce_subject="]),
        ] {
            let kcat = Shell.run(
                "kcat -b \(kafka.bootstrapServers) -C -t \(topic) -o beginning -e -q -f '%k %h\\n' | head -1")
            for header in headers { #expect(kcat.output.contains(header), "\(topic): \(kcat.output)") }
            #expect(kcat.output.hasPrefix("test-"))
        }
        let psql = Shell.run(
            "\(cluster.psqlCommand) -Atc 'SELECT count(*) FROM classified_images WHERE png IS NOT NULL'")
        #expect(psql.output.trimmingCharacters(in: .whitespacesAndNewlines) == "2000")
        try Wait.until("both groups have committed everything") {
            let report = try brokerReport(kafka)
            return report.groups.count == 2
                && report.groups.allSatisfy { group in
                    !group.partitions.isEmpty && group.partitions.allSatisfy { $0.lag == 0 }
                }
        }
        let report = try brokerReport(kafka)
        for group in report.groups {
            let theirs = kafka.tool("kafka-consumer-groups.sh", "--describe --group \(group.name)").output
            for lag in group.partitions where lag.currentOffset != nil {
                let line = theirs.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
                    .first { $0.count > 5 && $0[1] == lag.topic && $0[2] == "\(lag.partition)" }
                #expect(
                    line.map { Array($0[3...5]) } == ["\(lag.currentOffset!)", "\(lag.logEndOffset)", "\(lag.lag!)"],
                    "\(group.name): \(theirs)")
            }
        }
    }

    private func brokerReport(_ kafka: KafkaServer) throws -> BrokerReport {
        let outcome = Shell.run(
            "'\(Surroundings.executable)' broker-check -b \(kafka.bootstrapServers) --json 2>/dev/null")
        return try JSONDecoder().decode(BrokerReport.self, from: Data(outcome.output.utf8))
    }
}

private struct StoredPrediction: Decodable {
    let label: String
    let index: Int
    let probability: Double
}
