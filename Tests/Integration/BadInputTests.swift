import Events
import Foundation
import Images
import Kafka
import Postgres
import Testing
import Threads

@testable import Pipeline

/// What users get wrong: each with a clear error and the exit code that a script can tell apart.
@Suite(.serialized, .enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct BadInputTests {
    @Test func unreachableBroker() throws {
        let port = try FreePorts.take(1)[0]
        let outcome = Shell.iotpipe("produce -b 127.0.0.1:\(port) --connect-timeout 2s --count 1")
        #expect(outcome.status == 69, "\(outcome.output)")
        #expect(outcome.output.contains("127.0.0.1:\(port)"))
    }

    @Test func unreachableDatabase() throws {
        let kafka = try Servers.kafka()
        let port = try FreePorts.take(1)[0]
        let outcome = Shell.iotpipe(
            "persist -b \(kafka.bootstrapServers) -d postgresql://nobody@127.0.0.1:\(port)/none --connect-timeout 2s")
        #expect(outcome.status == 69, "\(outcome.output)")
        #expect(outcome.output.contains("\(port)"))
    }

    @Test func wrongPasswordOfTheDatabase() throws {
        let kafka = try Servers.kafka()
        let cluster = try TemporaryCluster(tcp: .freePort)
        let outcome = Shell.iotpipe(
            "persist -b \(kafka.bootstrapServers) -d postgresql://iotpipe:wr0ng-s3cret@127.0.0.1:\(cluster.port)/iotpipe"
        )
        #expect(outcome.status == 77, "\(outcome.output)")
        #expect(!outcome.output.contains("wr0ng-s3cret"))
        // A password in the arguments is for everybody to see.
        #expect(outcome.output.contains("warning"))
    }

    /// A slash or the scheme was forgotten: libpq would take it for a database's name, and repeat it.
    @Test(arguments: ["postgresql:/iot:wr0ng-s3cret@127.0.0.1/iot", "iot:wr0ng-s3cret@127.0.0.1/iot"])
    func passwordInAMistypedURL(text: String) {
        for command in ["dead-letters list", "archive -o /nowhere", "restore --day 2026-03-01"] {
            let outcome = Shell.iotpipe("\(command) -d '\(text)'")
            #expect(outcome.status == 64, "\(outcome.output)")
            #expect(!outcome.output.contains("s3cret") && outcome.output.contains("warning"), "\(outcome.output)")
        }
    }

    @Test func wrongPasswordOfTheBroker() throws {
        let kafka = try KafkaServer(.kraft, saslUser: (name: "iot", password: "right"))
        let address = try #require(kafka.saslBootstrapServers)
        let file = "\(NSTemporaryDirectory())/iotpipe-\(UUID().uuidString).properties"
        try """
        security.protocol=SASL_PLAINTEXT
        sasl.mechanism=PLAIN
        sasl.username=iot
        sasl.password=wr0ng-s3cret
        """.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let outcome = Shell.iotpipe("broker-check -b \(address) --kafka-config '\(file)'")
        #expect(outcome.status == 77, "\(outcome.output)")
        #expect(!outcome.output.contains("wr0ng-s3cret"))
    }

    @Test func missingTopicThatMayNotBeMade() throws {
        let kafka = try Servers.kafka()
        let outcome = Shell.iotpipe(
            "produce -b \(kafka.bootstrapServers) --no-create-topics --images-topic no.such.topic --count 1")
        #expect(outcome.status == 69, "\(outcome.output)")
        #expect(outcome.output.contains("no.such.topic"))
        #expect(outcome.output.contains("--create-topics"))
    }

    @Test func fullDiskForTheLatencies() throws {
        let kafka = try Servers.kafka()
        let outcome = Shell.iotpipe(
            "produce -b \(kafka.bootstrapServers) --count 5 --rate 100 --result-timeout 1s --latencies /dev/full")
        #expect(outcome.status == 74, "\(outcome.output)")
        #expect(outcome.output.contains("/dev/full"))
    }

    @Test func folderForTheLatencies() throws {
        let kafka = try Servers.kafka()
        let outcome = Shell.iotpipe("produce -b \(kafka.bootstrapServers) --count 5 --latencies /no/such/folder/x.csv")
        #expect(outcome.status == 73, "\(outcome.output)")
    }

    @Test func truncatedDataset() throws {
        let kafka = try Servers.kafka()
        let file = "\(NSTemporaryDirectory())/iotpipe-\(UUID().uuidString).bin"
        try Data(count: 3_074 * 2 + 100).write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let outcome = Shell.iotpipe("produce -b \(kafka.bootstrapServers) --count 1 --dataset '\(file)'")
        #expect(outcome.status == 65, "\(outcome.output)")
        #expect(outcome.output.contains(file))
    }

    @Test func messageAboveTheBrokersLimit() throws {
        let kafka = try Servers.kafka()
        let outcome = Shell.iotpipe(
            "produce -b \(kafka.bootstrapServers) --count 1 --image-size 2000x2000")
        #expect(outcome.status == 65, "\(outcome.output)")
        #expect(outcome.output.contains("message.max.bytes"))
    }

    @Test func portInUse() throws {
        let kafka = try Servers.kafka()
        let address = kafka.bootstrapServers
        let outcome = Shell.iotpipe("produce -b \(address) --count 1 --http \(address)")
        #expect(outcome.status == 69, "\(outcome.output)")
        #expect(outcome.output.contains(address))
    }

    @Test(arguments: [
        ("produce --rate -1", "--rate -1"), ("produce --raet 5", "did you mean --rate"), ("prodcue", "produce"),
        ("produce --property nonsense", "--property: "), ("infer --batch 0", "--batch 0"),
    ])
    func usage(arguments: String, mention: String) {
        let outcome = Shell.iotpipe(arguments)
        #expect(outcome.status == 64, "\(outcome.output)")
        #expect(outcome.output.contains(mention), "\(outcome.output)")
    }

    @Test func unknownKafkaProperty() throws {
        let outcome = Shell.iotpipe("produce -X lingr.ms=5 --count 1")
        #expect(outcome.status == 64, "\(outcome.output)")
        #expect(outcome.output.contains("lingr.ms"))
    }
}
