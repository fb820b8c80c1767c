import Foundation
import Testing
import Threads

@testable import Pipeline

/// An existing client of the Open Inference Protocol, unchanged, and curl against a running infer.
@Suite(.serialized, .enabled(if: Surroundings.hasClients, "the HTTP clients are missing: run `make setup-test`"))
struct InferenceOverHTTPTests {
    private static let token = "7d0f2c9a4be1-integration"

    /// Runs Tests/Clients/triton.py.
    private func client(_ arguments: String) -> Shell.Outcome {
        Shell.run("'\(Surroundings.python)' -B '\(Surroundings.root)/Tests/Clients/triton.py' \(arguments)")
    }

    /// The status of an answer, and behind it its body.
    private func curl(_ arguments: String) -> String {
        Shell.run("curl -s -m 60 -o - -w '\\n%{http_code}' \(arguments)").output
    }

    /// An infer with the model that ships, on an embedded broker, which it needs as others need Kafka.
    private func scene(
        host: String = "127.0.0.1", _ more: [String] = [], environment: [String: String] = [:],
        _ body: (_ infer: RoleProcess, _ address: String) throws -> Void
    ) throws {
        let broker = try RoleProcess(["embedded-broker"])
        try Wait.until("the broker has an address") { broker.output.contains("\n") }
        let servers = broker.output.split(separator: "\n").map(String.init)[0]
        let port = try FreePorts.take(1)[0]
        let infer = try RoleProcess(
            [
                "infer", "--bootstrap-server", servers, "-X", "session.timeout.ms=6000", "--http", "\(host):\(port)",
            ] + more, environment: environment, waits: true)
        try body(infer, "127.0.0.1:\(port)")
        if infer.child.ended == nil { #expect(infer.stop() == .code(0), "\(infer.output)") }
    }

    // MARK: - The protocol

    @Test func tritonsClientIsServed() throws {
        try scene { infer, address in
            let outcome = client("protocol \(address)")
            #expect(outcome.status == 0, "\(outcome.output)\n\(infer.output)")
            let png = "\(Surroundings.root)/data/sample/cifar100_00_49.png"
            let answer = curl("-H 'Content-Type: image/png' --data-binary '@\(png)' \(address)/classify")
            let head = "{\"model\":\"resnet50\",\"modelVersion\":\"\(try ShippedModel.version())\""
            #expect(answer.hasPrefix(head) && answer.hasSuffix("\n200"), "\(answer)")
            #expect(curl("\(address)/openapi.json").hasSuffix("\n200"))
            #expect(curl("\(address)/health").hasSuffix("\n200") && curl("\(address)/metrics").hasSuffix("\n200"))
        }
    }

    @Test func aModelThatIsNotWarmIsLiveAndNotReady() throws {
        let ports = try FreePorts.take(2)
        // No broker answers, so the model is not even loaded.
        let infer = try RoleProcess(
            ["infer", "-b", "127.0.0.1:\(ports[0])", "--connect-timeout", "60s", "--http", "127.0.0.1:\(ports[1])"])
        let address = "127.0.0.1:\(ports[1])"
        try Wait.until("it is live: \(infer.output)") {
            curl("\(address)/v2/health/live").hasSuffix("\n200")
        }
        #expect(curl("\(address)/v2/health/ready").hasSuffix("\n503"))
        #expect(curl("\(address)/v2/models/resnet50/ready").hasSuffix("\n503"))
    }

    // MARK: - Access

    @Test func withoutATokenOtherMachinesGetOnlyHealthAndMetrics() throws {
        try scene(host: "0.0.0.0") { _, address in
            for path in ["/health", "/metrics", "/v2/health/live", "/v2/health/ready", "/openapi.json"] {
                #expect(curl("\(address)\(path)").hasSuffix("\n200"), "\(path)")
            }
            #expect(curl("\(address)/v2/models/resnet50").hasSuffix("\n403"))
            let answer = curl("-H 'Content-Type: image/png' -d x \(address)/classify")
            #expect(answer.hasSuffix("\n403") && answer.contains("--http-token-file"), "\(answer)")
        }
    }

    @Test func withATokenTheyAreServed() throws {
        let file = "\(NSTemporaryDirectory())/iotpipe-token-\(UUID().uuidString)"
        try "\(Self.token)\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        try scene(host: "0.0.0.0", ["--http-token-file", file, "--log-level", "debug"]) { infer, address in
            let outcome = client("protocol \(address) \(Self.token)")
            #expect(outcome.status == 0, "\(outcome.output)\n\(infer.output)")
            #expect(!infer.output.contains(Self.token))
        }
    }

    @Test func theTokenMayComeFromTheEnvironment() throws {
        try scene(environment: ["IOTPIPE_HTTP_TOKEN": Self.token]) { infer, address in
            #expect(curl("\(address)/v2").hasSuffix("\n401"))
            #expect(curl("-H 'Authorization: Bearer \(Self.token)' \(address)/v2").hasSuffix("\n200"))
            #expect(!infer.output.contains(Self.token) && !infer.output.contains("warning infer: the"))
        }
    }

    @Test func aTokenThatIsNoneIsRefusedAndNotRepeated() {
        let short = Shell.iotpipe("infer --http 127.0.0.1:0", environment: ["IOTPIPE_HTTP_TOKEN": "s3cret"])
        #expect(short.status == 65 && !short.output.contains("s3cret"), "\(short.output)")
        let missing = Shell.iotpipe("infer --http 127.0.0.1:0 --http-token-file /no/such/file")
        #expect(missing.status == 66 && missing.output.contains("/no/such/file"), "\(missing.output)")
    }

    // MARK: - Load

    /// How often which status came. The client's libraries may have written before.
    private static func counts(in output: String) throws -> [String: Int] {
        let line = output.split(separator: "\n").last { $0.hasPrefix("{") }
        return try JSONDecoder().decode(
            [String: Int].self, from: Data(#require(line, "no counts in: \(output)").utf8))
    }

    @Test func aFloodIsAnsweredWithinTheLimits() throws {
        try scene { infer, address in
            let outcome = client("flood \(address) 48 4")
            let counts = try Self.counts(in: outcome.output)
            #expect(counts.values.reduce(0, +) == 192 && counts["200"] ?? 0 > 0, "\(counts)")
            #expect(Set(counts.keys).isSubset(of: ["200", "429", "503"]), "\(counts)")
            #expect(curl("\(address)/v2/health/ready").hasSuffix("\n200"), "\(infer.output)")
        }
    }

    @Test func aStopAnswersWhoWaits() throws {
        try scene { infer, address in
            let output = Monitor("")
            let flood = OSThread(name: "flood") {
                let outcome = client("flood \(address) 16 200")
                output.update { $0 = outcome.output }
            }
            try Wait.until("the model is at work: \(infer.output)") {
                curl("\(address)/metrics").contains(/iotpipe_infer_http_images_classified_total [1-9]/)
            }
            #expect(infer.stop() == .code(0), "\(infer.output)")
            flood.join()
            let counts = try Self.counts(in: output.read { $0 })
            #expect(counts.values.reduce(0, +) == 3_200 && counts["200"] ?? 0 > 0, "\(counts)")
            #expect(Set(counts.keys).isSubset(of: ["200", "429", "503", "0"]), "\(counts)")
        }
    }

    // MARK: - With Kafka

    /// Pictures from both sides go through the same model at the same time, and each answer reaches its own side.
    @Test(.enabled(if: Surroundings.hasServers && Surroundings.hasData, "Apache Kafka or test data is missing"))
    func kafkaAndHTTPShareTheModel() throws {
        let kafka = try KafkaServer(.kraft)
        let common = ["--bootstrap-server", kafka.bootstrapServers]
        let port = try FreePorts.take(1)[0]
        let infer = try RoleProcess(
            [
                "infer", "--weights", Surroundings.weights, "--precision", "f32", "--http", "127.0.0.1:\(port)",
            ] + common, waits: true)
        // A backlog, behind which no request may have to wait.
        let produce = try RoleProcess(
            [
                "produce", "--rate", "500", "--count", "200", "--dataset", Surroundings.testSplit, "--result-timeout",
                "10m",
            ] + common)
        try Wait.until("Kafka's images are at work: \(infer.output)") {
            curl("127.0.0.1:\(port)/metrics").contains(/iotpipe_infer_images_classified_total [1-9]/)
        }
        let outcome = client("classify 127.0.0.1:\(port) '\(Surroundings.testSplit)' 20")
        #expect(produce.child.ended == nil, "the backlog was gone before HTTP had its answers")
        let names = try JSONDecoder().decode([[String]].self, from: Data(outcome.output.utf8))
        let oracle = try Oracle.load()
        #expect(names.count == 20)
        for (row, names) in names.enumerated() {
            #expect(oracle.images.first { $0.row == row }?.agrees(with: names) == true, "row \(row): \(names)")
        }
        #expect(produce.wait(.seconds(300)) == .code(0), "\(produce.output)")
        #expect(infer.stop() == .code(0), "\(infer.output)")
        #expect(infer.output.contains("200 classified"), "\(infer.output)")
    }
}
