import Events
import Foundation
import Images
import Kafka
import Postgres
import Testing
import Threads

@testable import Pipeline

/// What becomes of images that are no images, and of large ones, on a real Kafka and a real PostgreSQL.
@Suite(.serialized, .enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct DeliveryTests {
    /// Topics and groups of one test on the shared broker, and a database.
    private struct Pipeline {
        let kafka: KafkaServer
        let cluster: TemporaryCluster
        let arguments: [String]
        let images: String

        init(_ name: String) throws {
            kafka = try Servers.kafka()
            cluster = try TemporaryCluster()
            images = "\(name).images"
            arguments = [
                "--bootstrap-server", kafka.bootstrapServers, "--images-topic", images,
                "--inferences-topic", "\(name).inferences", "--dead-letters-topic", "\(name).dead-letters",
            ]
        }

        func persist() throws -> RoleProcess {
            try RoleProcess(
                ["persist", "--group", "\(images)-persist"] + arguments,
                environment: ["IOTPIPE_DATABASE": cluster.conninfo], waits: true)
        }

        func infer() throws -> RoleProcess {
            try RoleProcess(["infer", "--group", "\(images)-infer"] + arguments, waits: true)
        }

        func count(_ sql: String) throws -> Int {
            Int(
                try Connection(cluster.conninfo, applicationName: "tests").query("SELECT count(*) FROM \(sql)")[0].int(
                    0) ?? -1)
        }
    }

    @Test func corruptPictureGoesToTheDeadLettersAndTheRestGoesOn() throws {
        let pipeline = try Pipeline("corrupt")
        let persist = try pipeline.persist()
        let infer = try pipeline.infer()
        let producer = try Producer(
            configuration: KafkaConfiguration(bootstrapServers: pipeline.kafka.bootstrapServers)
        ) {
            _ in
        }
        let good = try Datasets.sampleEvent()
        let corrupt = ImageCaptured(
            id: EventIdentifier.make(), deviceID: "broken-1", capturedAt: .now, label: nil, trace: .make(),
            png: Array("not a picture".utf8))
        let noID = MessageHeader("ce_specversion", "1.0")
        for event in [corrupt.encoded(), good.encoded()] {
            #expect(try producer.send(event, topic: pipeline.images))
        }
        // An envelope without id, type and time.
        #expect(try producer.send(topic: pipeline.images, key: [1], value: [2, 3], headers: [noID]))
        #expect(producer.flush(timeout: .seconds(60)) == 0)

        try Wait.until("everything is stored: \(persist.output)") {
            try pipeline.count("dead_letters") == 2 && pipeline.count("classified_images") == 1
        }
        #expect(try pipeline.count("images") == 2)
        #expect(try pipeline.count("dead_letters WHERE stage = 'infer' AND image_id = '\(corrupt.id)'") == 1)
        #expect(try pipeline.count("dead_letters WHERE stage = 'persist' AND value = '\\x0203'") == 1)
        #expect(infer.stop() == .code(0), "\(infer.output)")
        #expect(persist.stop() == .code(0), "\(persist.output)")
    }

    @Test(arguments: [("32x32", 1_000...8_000), ("360x360", 80_000...130_000), ("1450x1450", 800_000...1_000_000)])
    func picturesOfEverySizeArrive(size: String, bytes: ClosedRange<Int>) throws {
        let pipeline = try Pipeline("size-\(size)")
        let persist = try pipeline.persist()
        let infer = try pipeline.infer()
        let produce = try RoleProcess(
            ["produce", "--count", "6", "--rate", "20", "--image-size", size, "--producer", "p"] + pipeline.arguments)
        #expect(produce.wait() == .code(0), "\(produce.output)")
        #expect(produce.output.contains("6 classified"), "\(produce.output)")
        try Wait.until("every row is stored") { try pipeline.count("classified_images") == 6 }
        let mean =
            try Connection(pipeline.cluster.conninfo, applicationName: "tests")
            .query("SELECT avg(length(png))::int FROM images")[0].int(0) ?? 0
        #expect(bytes.contains(Int(mean)))
        #expect(infer.stop() == .code(0), "\(infer.output)")
        #expect(persist.stop() == .code(0), "\(persist.output)")
    }

    @Test func aRestartedPersistGoesOnWhereItStopped() throws {
        let pipeline = try Pipeline("restart")
        let infer = try pipeline.infer()
        var persist = try pipeline.persist()
        let produce = try RoleProcess(
            ["produce", "--count", "400", "--rate", "100", "--producer", "p"] + pipeline.arguments)
        // Killed in the middle of its work, twice.
        for share in [50, 150] {
            try Wait.until("\(share) images are stored") { try pipeline.count("images") >= share }
            persist.child.signal(SIGKILL)
            persist.child.wait()
            persist = try pipeline.persist()
        }
        #expect(produce.wait() == .code(0), "\(produce.output)")
        try Wait.until("every row is stored: \(persist.output)") {
            try pipeline.count("inferences") >= 400 && pipeline.count("images") >= 400
        }
        #expect(try pipeline.count("images") == 400)
        #expect(try pipeline.count("inferences") == 400)
        #expect(try pipeline.count("classified_images") == 400)
        try ShippedModel.expectAnswers(in: pipeline.cluster.conninfo)
        #expect(infer.stop() == .code(0), "\(infer.output)")
        #expect(persist.stop() == .code(0), "\(persist.output)")
    }

    @Test func aTopicMadeAnewStopsPersistUntilItsUserDecides() throws {
        let pipeline = try Pipeline("anew")
        let admin = try Admin(configuration: KafkaConfiguration(bootstrapServers: pipeline.kafka.bootstrapServers))
        let infer = try pipeline.infer()
        let persist = try pipeline.persist()
        let produce = try RoleProcess(
            ["produce", "--count", "40", "--rate", "100", "--producer", "p"] + pipeline.arguments)
        #expect(produce.wait() == .code(0), "\(produce.output)")
        try Wait.until("every row is stored") { try pipeline.count("classified_images") == 40 }
        #expect(infer.stop() == .code(0), "\(infer.output)")
        #expect(persist.stop() == .code(0), "\(persist.output)")

        let deleted = try admin.deleteTopics([pipeline.images], timeout: .seconds(10))
        #expect(deleted[pipeline.images] == .some(nil))
        try Wait.until("the topic is gone") {
            try admin.metadata(timeout: .seconds(10)).topic(pipeline.images) == nil
        }
        let refusing = try RoleProcess(
            ["persist", "--group", "\(pipeline.images)-persist"] + pipeline.arguments,
            environment: ["IOTPIPE_DATABASE": pipeline.cluster.conninfo])
        #expect(refusing.wait() == .code(65), "\(refusing.output)")
        #expect(refusing.output.contains("--on-offset-gap earliest"), "\(refusing.output)")

        let accepting = try RoleProcess(
            ["persist", "--group", "\(pipeline.images)-persist", "--on-offset-gap", "earliest"] + pipeline.arguments,
            environment: ["IOTPIPE_DATABASE": pipeline.cluster.conninfo], waits: true)
        let second = try pipeline.infer()
        let again = try RoleProcess(
            ["produce", "--count", "40", "--rate", "100", "--producer", "p"] + pipeline.arguments)
        #expect(again.wait() == .code(0), "\(again.output)")
        try Wait.until("the new topic's images are stored: \(accepting.output)") {
            try pipeline.count("images") == 80
        }
        #expect(second.stop() == .code(0), "\(second.output)")
        #expect(accepting.stop() == .code(0), "\(accepting.output)")
    }
}
