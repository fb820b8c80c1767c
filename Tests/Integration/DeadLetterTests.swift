import Events
import Foundation
import Images
import Kafka
import Postgres
import Testing

@testable import Pipeline

/// What an operator does about dead letters, on a real Kafka and a real PostgreSQL.
@Suite(.serialized, .enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct DeadLetterTests {
    /// An image whose time is that of no day that is stored.
    private func old(png: [UInt8]) throws -> ImageCaptured {
        ImageCaptured(
            id: EventIdentifier.make(), deviceID: "cam-1", capturedAt: try Timestamp(rfc3339: "2020-01-01T00:00:00Z"),
            label: nil, trace: .make(), png: png)
    }

    @Test func malformedMessagesAreMendedAndReplayed() throws {
        let scene = try LetterScene("letters")
        let persist = try scene.role("persist")
        let late = try old(png: try Datasets.sampleEvent().png)
        let noEnvelope = EncodedEvent(key: [1], value: [2, 3], headers: [MessageHeader("x", [0xFF])])
        try scene.send([late.encoded(), noEnvelope])
        try Wait.until("both are stored: \(persist.output)") {
            try scene.count("dead_letters WHERE cluster_id <> ''") == 2
        }

        let id = "\(scene.images)/0/0"
        let list = scene.letters("list")
        #expect(list.status == 0 && list.output.contains("2 dead letters: 1 invalidValue, 1 missingHeader"))
        #expect(list.output.contains(id) && list.output.contains("image \(late.id.lowercased): ce_time"))
        let file = "\(NSTemporaryDirectory())/iotpipe-\(UUID().uuidString).png"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let show = scene.letters("show \(id) --value '\(file)'")
        #expect(show.status == 0 && show.output.contains("ce_time"), "\(show.output)")
        #expect(FileManager.default.contents(atPath: file).map { Array($0) } == late.png)
        #expect(scene.letters("show \(scene.images)/0/9").status == 66)

        // As they were: they fail again under the same names.
        let first = scene.replay("--all")
        #expect(first.status == 0 && first.output.contains("2 sent and acknowledged, 0 refused"), "\(first.output)")
        try Wait.until("both have come back: \(persist.output)") {
            try scene.count("dead_letters WHERE replays = 1 AND replayed_at IS NULL AND failed_replay IS NOT NULL") == 2
        }
        #expect(try scene.count("dead_letters") == 2 && scene.count("images") == 0)

        // Mended: stored once, however often.
        let mend = "--header ce_time=\(Timestamp.now.rfc3339)"
        let second = scene.replay("--error-code invalidValue \(mend)")
        #expect(second.status == 0 && second.output.contains("1 sent"), "\(second.output)")
        try Wait.until("it is stored: \(persist.output)") { try scene.count("images") == 1 }
        #expect(scene.replay("\(id) \(mend)").status == 0)
        try Wait.until("the repetition is read") {
            try scene.connection.query("SELECT max(next_offset) FROM consumer_offsets")[0].int(0) == 6
        }
        #expect(try scene.count("images") == 1)
        #expect(try scene.count("images WHERE id = '\(late.id)' AND kafka_offset = 4") == 1)
        #expect(try scene.count("dead_letters WHERE replays = 3 AND replayed_at IS NOT NULL") == 1)
        let rest = scene.letters("list")
        #expect(rest.output.contains("1 dead letter: 1 missingHeader"), "\(rest.output)")
        #expect(scene.letters("list --all").output.contains("2 dead letters"))
        #expect(persist.stop() == .code(0), "\(persist.output)")
    }

    @Test func lettersTooLargeForTheBrokerGoWithoutTheirValues() throws {
        let scene = try LetterScene("large-letters")
        let persist = try scene.role("persist")
        // Just below message.max.bytes: with the headers of a dead letter it is above.
        let late = try old(png: Array(repeating: 7, count: 1_047_900))
        try scene.send([late.encoded(), try Datasets.sampleEvent().encoded()])
        try Wait.until("both are stored: \(persist.output)") {
            try scene.count("dead_letters") == 1 && scene.count("images") == 1
        }
        let omitted = "value = '' AND omitted_bytes = 1047900"
        #expect(try scene.count("dead_letters WHERE stage = 'persist' AND \(omitted)") == 1)
        let show = scene.letters("show \(scene.images)/0/0")
        #expect(show.output.contains("stayed on topic \(scene.images), partition 0, offset 0"), "\(show.output)")

        // Whole again from its topic. It is no picture: infer is the next to give it up, with the same name.
        let replay = scene.replay("\(scene.images)/0/0 --header ce_time=\(Timestamp.now.rfc3339)")
        #expect(replay.status == 0, "\(replay.output)")
        try Wait.until("it is stored: \(persist.output)") {
            try scene.count("images WHERE id = '\(late.id)' AND length(png) = 1047900") == 1
        }
        let infer = try scene.role("infer")
        try Wait.until("infer has given it up, and goes on: \(infer.output)") {
            try scene.count("dead_letters WHERE stage = 'infer' AND \(omitted) AND replayed_at IS NULL") == 1
                && scene.count("classified_images") == 1
        }
        #expect(try scene.count("dead_letters") == 1)
        #expect(infer.stop() == .code(0), "\(infer.output)")
        #expect(persist.stop() == .code(0), "\(persist.output)")
    }

    @Test func topicsAreMadeAsToldTo() throws {
        let scene = try LetterScene("made")
        let check = Shell.iotpipe(
            "broker-check --create-topics --groups none --replication-factor 1 --retention 36h --retention-bytes 64MiB "
                + scene.arguments.joined(separator: " "))
        #expect(check.output.contains("made.images   1 partitions"), "\(check.output)")
        let described = scene.kafka.tool("kafka-configs.sh", "--describe --entity-type topics").output
        let byTopic = described.components(separatedBy: "Dynamic configs for topic ")
        func properties(_ topic: String) -> String { byTopic.first { $0.hasPrefix(topic + " ") } ?? "" }
        for topic in ["made.images", "made.inferences"] {
            for property in ["retention.ms=129600000", "retention.bytes=67108864", "min.insync.replicas=1"] {
                #expect(properties(topic).contains("  \(property) "), "\(topic): \(described)")
            }
        }
        #expect(properties("made.dead-letters").contains("  retention.ms=2592000000 "), "\(described)")
        #expect(!properties("made.dead-letters").contains("retention.bytes="))
    }
}
