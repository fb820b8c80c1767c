import Events
import Foundation
import Glibc
import Kafka
import Postgres
import Testing
import Threads

@testable import Pipeline

/// A thousand messages that nobody can store, among ten thousand good ones, with persist killed in the middle.
@Suite(.serialized, .enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct PoisonTests {
    /// Pictures that do not decode: infer reports them.
    private static let pictures = 40
    private static let bad = 1_000
    private static let good = 5_000

    private let kafka: KafkaServer
    private let cluster: TemporaryCluster
    private let arguments: [String]

    init() throws {
        kafka = try Servers.kafka()
        cluster = try TemporaryCluster()
        arguments = [
            "--bootstrap-server", kafka.bootstrapServers, "-X", "session.timeout.ms=6000", "--inferences-topic",
            "poison.inferences", "--dead-letters-topic", "poison.dead-letters",
        ]
    }

    private func persist() throws -> RoleProcess {
        try RoleProcess(
            ["persist", "--group", "poison-persist", "--images-topic", "poison.images"] + arguments,
            environment: ["IOTPIPE_DATABASE": cluster.conninfo], waits: true)
    }

    private func count(_ sql: String) throws -> Int {
        let connection = try Connection(cluster.conninfo, applicationName: "tests")
        return Int(try connection.query("SELECT count(*) FROM \(sql)")[0].int(0) ?? -1)
    }

    @Test func goodOnesAreStoredOnceAndBadOnesReportedOnce() throws {
        var persist = try persist()
        // Of these pictures persist keeps no rows: they have a topic of their own, so that no model need answer the rest.
        let infer = try RoleProcess(
            ["infer", "--group", "poison-infer", "--images-topic", "poison.pictures"] + arguments, waits: true)
        let sender = OSThread(name: "sender") { [kafka] in
            do { try PoisonTests.send(to: kafka) } catch { Issue.record("\(error)") }
        }
        try Wait.until("2,000 images are stored: \(persist.output)", within: .seconds(60)) {
            try count("images") > 2_000
        }
        persist.child.signal(SIGKILL)
        persist.child.wait()
        persist = try self.persist()
        sender.join()
        try Wait.until("everything is stored", within: .seconds(90)) {
            try count("images") >= PoisonTests.good && count("inferences") >= PoisonTests.good
                && count("dead_letters") >= PoisonTests.bad
        }
        try check()
        #expect(infer.stop() == .code(0), "\(infer.output)")
        #expect(persist.stop() == .code(0), "\(persist.output)")
        try check()
    }

    /// Everything is there, and nothing twice.
    private func check() throws {
        #expect(try count("images") == PoisonTests.good)
        #expect(try count("inferences") == PoisonTests.good)
        #expect(try count("classified_images") == PoisonTests.good)
        #expect(try count("dead_letters") == PoisonTests.bad)
        #expect(try count("(SELECT DISTINCT key FROM dead_letters) AS keys") == PoisonTests.bad)
        #expect(try count("dead_letters WHERE error_message = ''") == 0)
        #expect(try count("dead_letters WHERE stage = 'infer'") == PoisonTests.pictures)
        for (index, kind) in PoisonousMessage.all.enumerated() {
            let letters = "dead_letters WHERE encode(key, 'escape') LIKE 'bad-\(index)-%'"
            #expect(try count(letters) == PoisonTests.number(of: index), "\(kind.name)")
            if kind.errorCode.isEmpty { continue }
            #expect(try count("\(letters) AND error_code <> '\(kind.errorCode)'") == 0, "\(kind.name)")
        }
    }

    // MARK: - Sending

    /// How many messages of a kind there are: few of the large ones.
    private static func number(of kind: Int) -> Int {
        let kinds = PoisonousMessage.all
        if kinds[kind].name == "large" { return 5 }
        let share = (bad - pictures - 5) / (kinds.count - 1)
        let isLast = kind == kinds.count - 1
        return isLast ? bad - pictures - 5 - share * (kinds.count - 2) : share
    }

    private static func send(to kafka: KafkaServer) throws {
        let producer = try Producer(
            configuration: KafkaConfiguration(bootstrapServers: kafka.bootstrapServers), onDelivery: { _ in })
        defer { producer.close() }
        func send(_ event: EncodedEvent, _ topic: String) throws {
            while try !producer.send(topic: topic, key: event.key, value: event.value, headers: event.headers) {
                producer.flush(timeout: .milliseconds(100))
            }
        }
        var poison: [(kind: Int, number: Int)] = []
        for kind in PoisonousMessage.all.indices { poison += (0..<number(of: kind)).map { (kind, $0) } }
        poison.shuffle()
        for index in 0..<good {
            let (image, result) = try pair(device: "cam-\(index % 100)")
            try send(image, "poison.images")
            try send(result, "poison.inferences")
            // Spread among the good ones, about one to five.
            let share = index * poison.count / good..<(index + 1) * poison.count / good
            for (kind, number) in poison[share] {
                let spoiled = PoisonousMessage.all[kind]
                let event = spoiled.spoil(spoiled.topic == .images ? image : result)
                let key = Array("bad-\(kind)-\(number)".utf8)
                try send(
                    EncodedEvent(key: key, value: event.value, headers: event.headers),
                    spoiled.topic == .images ? "poison.images" : "poison.inferences")
            }
            if index % 1_000 == 0 { producer.flush(timeout: .seconds(10)) }
        }
        for number in 0..<pictures {
            let image = ImageCaptured(
                id: EventIdentifier.make(), deviceID: "broken-\(number)", capturedAt: .now, label: nil, trace: .make(),
                png: Array("no picture".utf8)
            ).encoded()
            try send(image, "poison.pictures")
        }
        #expect(producer.flush(timeout: .seconds(30)) == 0)
    }

    private static func pair(device: String) throws -> (image: EncodedEvent, result: EncodedEvent) {
        let id = EventIdentifier.make()
        let now = Timestamp.now
        let image = ImageCaptured(
            id: id, deviceID: device, capturedAt: now, label: "apple", trace: .make(),
            png: [UInt8](repeating: 7, count: 500))
        let result = ImageClassified(
            imageID: id, deviceID: device, capturedAt: now, model: "test", modelVersion: "0123456789ab-f32",
            precision: "f32", top5: [Prediction(label: "apple", index: 3, probability: 0.75)], receivedAt: now,
            decodedAt: now, inferredAt: now, trace: .make())
        return (image.encoded(), try result.encoded())
    }
}
