import Arguments
import Events
import Foundation
import Telemetry
import Testing

@testable import Pipeline
@testable import iotpipe

@Suite struct OptionsTests {
    private func parsed(_ arguments: [String], environment: [String: String] = [:]) throws -> ParsedArguments {
        switch Iotpipe.tool.main(arguments: arguments, environment: environment) {
        case .run(_, let parsed): return parsed
        case .print(let text), .usageError(let text), .missingInput(let text):
            Issue.record("\(text)")
            throw RoleError(.usage, text)
        }
    }

    /// Quiet and verbose are levels of the log; whichever is said more closely to the command counts.
    @Test func quietAndVerbose() throws {
        func level(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Logger.Level {
            try ServiceOptions.logger("infer", parsed(["infer"] + arguments, environment: environment)).level
        }
        defer { ErrorOutput.standard.progressPlace = .terminal }
        #expect(try level([]) == .info)
        #expect(ErrorOutput.standard.progressPlace == .terminal)
        #expect(try level(["-v"]) == .debug)
        #expect(ErrorOutput.standard.progressPlace == .everywhere)
        #expect(try level(["-q"]) == .warning)
        #expect(ErrorOutput.standard.progressPlace == .nowhere)
        #expect(try level(["-v"], ["IOTPIPE_LOG_LEVEL": "error"]) == .debug)
        #expect(try level(["-v"], ["IOTPIPE_QUIET": "1"]) == .debug)
        #expect(try level(["--log-level", "error", "-v"]) == .error)
        #expect(try level(["--log-level", "error"], ["IOTPIPE_VERBOSE": "1"]) == .error)
        #expect(throws: ArgumentError.self) { try level(["-q", "-v"]) }
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

    // MARK: - Produce

    @Test(arguments: [
        (["--rate", "5"], "--rate 5: a closed loop sends when a result has come"),
        (["--arrival", "constant"], "--arrival constant: a closed loop sends when a result has come"),
        (["--spool", "folder"], "--spool folder: a closed loop waits for results"),
        (["--max-in-flight", "3"], "--closed-loop 4: more than --max-in-flight allows (3)"),
    ])
    func closedLoopExcludesWhatItDoesNotKnow(arguments: [String], message: String) {
        guard
            case .usageError(let text) = Iotpipe.tool.main(
                arguments: ["produce", "--closed-loop", "4"] + arguments, environment: [:])
        else {
            Issue.record("\(arguments) was taken")
            return
        }
        #expect(text.contains(message), "\(text)")
    }

    // MARK: - Topics

    @Test func topicsAreThoseOfTheOptions() throws {
        let defaults = try TopicOptions.setup(parsed(["infer"]))
        #expect(defaults.all == ["iot.images", "iot.inferences", "iot.dead-letters"])
        #expect(defaults.partitions == 4 && defaults.replicationFactor == -1 && defaults.createsMissing)
        let setup = try TopicOptions.setup(
            parsed([
                "infer", "--images-topic", "a", "--inferences-topic", "b", "--dead-letters-topic", "c", "--partitions",
                "8", "--replication-factor", "3", "--no-create-topics",
            ]))
        #expect(setup.all == ["a", "b", "c"])
        #expect(setup.partitions == 8 && setup.replicationFactor == 3 && !setup.createsMissing)
    }

    @Test func topicsAreMadeAsTheOptionsSay() throws {
        let defaults = try TopicOptions.setup(parsed(["persist"]))
        #expect(defaults.retention == .seconds(7 * 86_400) && defaults.retentionBytes == nil)
        #expect(defaults.minInSyncReplicas == nil)
        let setup = try TopicOptions.setup(
            parsed([
                "produce", "--retention", "36h", "--retention-bytes", "1GiB", "--min-insync-replicas", "2",
                "--replication-factor", "3",
            ]))
        #expect(setup.retention == .seconds(36 * 3_600) && setup.retentionBytes == 1 << 30)
        #expect(setup.minInSyncReplicas == 2)
    }

    @Test(arguments: [
        (["--min-insync-replicas", "3", "--replication-factor", "2"], "must not be more than --replication-factor 2"),
        (["--min-insync-replicas", "2"], "--replication-factor N"),
    ])
    func topicThatWouldTakeNoMessageIsRefused(arguments: [String], words: String) throws {
        let parsed = try parsed(["infer"] + arguments)
        do throws(ArgumentError) {
            _ = try TopicOptions.setup(parsed)
            Issue.record("not refused")
        } catch {
            #expect(error.message.contains(words), "\(error.message)")
        }
    }

    // MARK: - Dead letters

    @Test(arguments: [
        (["replay"], "say which"), (["replay", "a/1/2", "--all"], "either IDs"),
        (["replay", "a/1/2", "--stage", "infer"], "either IDs"), (["replay", "--all", "--value", "x"], "give its ID"),
        (["replay", "a/1/2", "b/1/2", "--value", "x"], "give its ID"), (["replay", "a/1"], "TOPIC/PARTITION/OFFSET"),
        (["show"], "ID is missing"), (["list", "--since", "soon"], "how long ago"),
        (["list", "--stage", "produce"], "must be one of infer, persist"),
    ])
    func whatCannotBeMeantIsAUsageError(arguments: [String], words: String) {
        let outcome = Iotpipe.tool.main(arguments: ["dead-letters"] + arguments, environment: [:])
        guard case .usageError(let text) = outcome else {
            Issue.record("understood: \(arguments)")
            return
        }
        #expect(text.contains(words), "\(text)")
    }

    @Test func filterIsThatOfTheOptions() throws {
        let before = Timestamp.now
        let arguments = try parsed([
            "dead-letters", "list", "--stage", "infer", "--error-code", "corrupt", "--topic", "t", "--cluster", "c",
            "--since", "2h", "--until", "2026-11-24",
        ])
        let filter = DeadLetterFilterOptions.filter(arguments)
        #expect(filter.stage == .infer && filter.errorCode == "corrupt" && filter.topic == "t")
        #expect(filter.cluster == "c" && !filter.includesReplayed)
        #expect(filter.until == (try Timestamp(rfc3339: "2026-11-24T00:00:00Z")))
        let since = try #require(filter.since)
        let hours = Int64(7_200_000_000_000)
        #expect(since >= before.adding(nanoseconds: -hours) && since <= Timestamp.now.adding(nanoseconds: -hours))
    }

    /// A variable that was left set must not choose what is replayed.
    @Test func variablesChooseNoDeadLetters() throws {
        let arguments = try parsed(
            ["dead-letters", "list"], environment: ["IOTPIPE_STAGE": "infer", "IOTPIPE_ALL": "1", "IOTPIPE_TOPIC": "t"])
        let filter = DeadLetterFilterOptions.filter(arguments)
        #expect(filter.stage == nil && filter.topic == nil)
        #expect(!arguments[DeadLettersCommand.includeReplayed])
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
