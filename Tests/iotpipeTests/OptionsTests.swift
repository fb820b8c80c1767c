import Arguments
import Foundation
import Testing

@testable import Pipeline
@testable import iotpipe

@Suite struct OptionsTests {
    private func parsed(_ arguments: [String], environment: [String: String] = [:]) throws -> ParsedArguments {
        switch Iotpipe.tool.main(arguments: arguments, environment: environment) {
        case .run(_, let parsed): return parsed
        case .print(let text), .usageError(let text):
            Issue.record("\(text)")
            throw RoleError(.usage, text)
        }
    }

    private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        let path = "\(NSTemporaryDirectory())/iotpipe-options-\(UUID().uuidString).properties"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    // MARK: - Kafka

    @Test func brokerIsTheLocalOneByDefault() throws {
        let configuration = try KafkaOptions.configuration(parsed(["produce"]))
        #expect(configuration.bootstrapServers == "127.0.0.1:9092")
    }

    @Test func propertiesCountBeforeTheirFile() throws {
        try withFile("linger.ms=7\nbatch.size=1000\nbootstrap.servers=file:1\n") { file in
            let common = ["produce", "--kafka-config", file]
            let configuration = try KafkaOptions.configuration(parsed(common + ["-X", "linger.ms=9"]))
            #expect(configuration["linger.ms"] == "9" && configuration["batch.size"] == "1000")
            #expect(configuration.bootstrapServers == "file:1")
            #expect(try KafkaOptions.configuration(parsed(common + ["-b", "flag:2"])).bootstrapServers == "flag:2")
            let variables = ["IOTPIPE_BOOTSTRAP_SERVER": "variable:3", "IOTPIPE_PROPERTY": "linger.ms=11 acks=1"]
            let set = try KafkaOptions.configuration(parsed(common, environment: variables))
            #expect(set.bootstrapServers == "variable:3" && set["linger.ms"] == "11" && set["acks"] == "1")
        }
    }

    @Test func secretsAsArgumentsAreWarnedOf() throws {
        #expect(try parsed(["produce", "-X", "sasl.password=x"]).warnings.count == 1)
        #expect(try parsed(["produce", "-X", "linger.ms=5"]).warnings == [])
        #expect(try parsed(["persist", "-d", "postgresql://iot:x@db/iot"]).warnings.count == 1)
        #expect(try parsed(["persist", "-d", "postgresql://iot@db/iot"]).warnings == [])
        let variable = ["IOTPIPE_DATABASE": "postgresql://iot:x@db/iot"]
        #expect(try parsed(["persist"], environment: variable).warnings == [])
    }

    // MARK: - Topics

    @Test func topicsAreThoseOfTheOptions() throws {
        let defaults = TopicOptions.setup(try parsed(["infer"]))
        #expect(defaults.all == ["iot.images", "iot.inferences", "iot.dead-letters"])
        #expect(defaults.partitions == 4 && defaults.replicationFactor == -1 && defaults.createsMissing)
        let setup = TopicOptions.setup(
            try parsed([
                "infer", "--images-topic", "a", "--inferences-topic", "b", "--dead-letters-topic", "c", "--partitions",
                "8", "--replication-factor", "3", "--no-create-topics",
            ]))
        #expect(setup.all == ["a", "b", "c"])
        #expect(setup.partitions == 8 && setup.replicationFactor == 3 && !setup.createsMissing)
    }

    // MARK: - Archive

    @Test func daysAreDates() throws {
        let parsed = try parsed(["archive", "-o", "x", "--day", "2026-11-01", "--day", "2024-02-29"])
        #expect(parsed[ArchiveCommand.day].map(\.description) == ["2026-11-01", "2024-02-29"])
        for text in ["2026-02-29", "2026-1-1", "today"] {
            let outcome = Iotpipe.tool.main(arguments: ["restore", "--day", text], environment: [:])
            guard case .usageError = outcome else {
                Issue.record("\(text) was taken for a date")
                continue
            }
        }
    }
}
