import Events
import Foundation
import Glibc
import Images
import Kafka
import Postgres
import Testing
import Threads

@testable import Pipeline

/// A thousand messages that nobody can process, among ten thousand good ones, with persist and infer killed in the middle,
/// and all thousand replayed at the end.
///
/// Of the good messages 1,500 are images that infer classifies too, and 8,500 are results: a debug build of infer has
/// 60 to 100 images a second, and 10,000 images would take it minutes. Faulty pictures lie on the same topic as the good ones.
@Suite(.serialized, .enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct PoisonTests {
    private static let images = 1_500
    private static let results = 8_500
    private static let bad = 1_000
    private static let kinds = PoisonousMessage.all
    /// The messages that are large, of which a few will do.
    private static let large = 5

    private let kafka: KafkaServer
    private let cluster: TemporaryCluster
    private let connection: Connection

    init() throws {
        kafka = try Servers.kafka()
        cluster = try TemporaryCluster()
        connection = try Connection(cluster.conninfo, applicationName: "tests")
    }

    private func role(_ name: String) throws -> RoleProcess {
        try RoleProcess(
            [
                name, "--group", "poison-\(name)", "--images-topic", "poison.images", "--inferences-topic",
                "poison.inferences", "--dead-letters-topic", "poison.dead-letters", "--bootstrap-server",
                kafka.bootstrapServers, "-X", "session.timeout.ms=6000",
            ], environment: name == "persist" ? ["IOTPIPE_DATABASE": cluster.conninfo] : [:], waits: true)
    }

    private func count(_ sql: String) throws -> Int {
        Int(try connection.query("SELECT count(*) FROM \(sql)")[0].int(0) ?? -1)
    }

    @Test func goodOnesAreStoredOnceAndBadOnesReportedOnce() throws {
        #expect(PoisonTests.kinds.count >= 12)
        var persist = try role("persist")
        var infer = try role("infer")
        let sender = OSThread(name: "sender") { [kafka] in
            do { try PoisonTests.send(to: kafka) } catch { Issue.record("\(error)") }
        }
        try Wait.until("some are stored: \(persist.output)") {
            try count("images") > 300 && count("inferences") > 1_000
        }
        persist.child.signal(SIGKILL)
        persist.child.wait()
        persist = try role("persist")
        let answers = "inferences WHERE model <> 'test'"
        try Wait.until("some are classified: \(infer.output)") { try count(answers) > 200 }
        infer.child.signal(SIGKILL)
        infer.child.wait()
        #expect(try count(answers) < PoisonTests.images, "it is killed in the middle")
        infer = try role("infer")
        sender.join()
        try Wait.until("everything is stored") {
            try count("images") >= PoisonTests.images && count("dead_letters") >= PoisonTests.bad
                && count("inferences") >= PoisonTests.results + PoisonTests.images
        }
        try check()

        // They are as bad as before: all come back, under the names they had.
        let replay = Shell.iotpipe(
            "dead-letters replay --all -b \(kafka.bootstrapServers)",
            environment: ["IOTPIPE_DATABASE": cluster.conninfo])
        #expect(replay.status == 0 && replay.output.contains("1000 sent and acknowledged"), "\(replay.output)")
        try Wait.until("all have come back: \(persist.output)") {
            try count("dead_letters WHERE replays = 1 AND replayed_at IS NULL AND failed_replay IS NOT NULL")
                == PoisonTests.bad
        }
        try check()
        #expect(infer.stop() == .code(0), "\(infer.output)")
        #expect(persist.stop() == .code(0), "\(persist.output)")
        try check()
    }

    /// Everything is there, and nothing twice.
    private func check() throws {
        let numbers = PoisonTests.kinds.indices.map { PoisonTests.number(of: $0) }
        let pictures = zip(PoisonTests.kinds, numbers).filter { $0.0.topic == .pictures }.reduce(0) { $0 + $1.1 }
        // persist keeps the rows of pictures that do not decode.
        #expect(try count("images") == PoisonTests.images + pictures)
        #expect(try count("inferences WHERE model = 'test'") == PoisonTests.results)
        #expect(try count("inferences WHERE model <> 'test'") == PoisonTests.images)
        #expect(try count("classified_images") == PoisonTests.images)
        #expect(try count("dead_letters") == PoisonTests.bad)
        #expect(try count("(SELECT DISTINCT key FROM dead_letters) AS keys") == PoisonTests.bad)
        #expect(try count("dead_letters WHERE error_message = ''") == 0)
        for (index, kind) in PoisonTests.kinds.enumerated() {
            let codes = try connection.query(
                """
                SELECT stage || ' ' || error_code, count(*) FROM dead_letters
                WHERE encode(key, 'escape') LIKE 'bad-\(index)-%' GROUP BY 1
                """
            ).map { "\($0[1] ?? "") \($0[0] ?? "")" }
            let stage = kind.topic == .pictures ? "infer" : "persist"
            #expect(codes == ["\(numbers[index]) \(stage) \(kind.errorCode)"], "\(kind.name)")
        }
    }

    // MARK: - Sending

    /// How many messages of a kind there are.
    private static func number(of kind: Int) -> Int {
        if kinds[kind].name == "large" { return large }
        let share = (bad - large) / (kinds.count - 1)
        let isLast = kind == kinds.count - 1
        return isLast ? bad - large - share * (kinds.count - 2) : share
    }

    private static func send(to kafka: KafkaServer) throws {
        let producer = try Producer(
            configuration: KafkaConfiguration(bootstrapServers: kafka.bootstrapServers), onDelivery: { _ in })
        defer { producer.close() }
        func send(_ event: EncodedEvent, _ topic: PoisonousMessage.Topic, key: [UInt8]? = nil) throws {
            let name = topic == .inferences ? "poison.inferences" : "poison.images"
            while try !producer.send(
                topic: name, key: key ?? event.key, value: event.value, headers: event.packedHeaders)
            {
                producer.flush(timeout: .milliseconds(100))
            }
        }
        var poison: [(kind: Int, number: Int)] = []
        for kind in kinds.indices { poison += (0..<number(of: kind)).map { (kind, $0) } }
        poison.shuffle()
        let samples = try Datasets.open(nil)
        let good = images + results
        for index in 0..<good {
            // Images spread among the results.
            let isImage = index * images / good != (index + 1) * images / good
            try send(
                isImage ? image(samples, index) : result("cam-\(index % 100)"), isImage ? .images : .inferences)
            // Spread among the good ones, about one to ten.
            for (kind, number) in poison[(index * poison.count / good)..<((index + 1) * poison.count / good)] {
                let spoiled = kinds[kind]
                let event = try spoiled.spoil(
                    spoiled.topic == .inferences ? result("bad") : image(samples, index))
                try send(event, spoiled.topic, key: Array("bad-\(kind)-\(number)".utf8))
            }
            if index % 1_000 == 0 { producer.flush(timeout: .seconds(60)) }
        }
        #expect(producer.flush(timeout: .seconds(30)) == 0)
    }

    private static func image(_ samples: any ImageDataset, _ index: Int) throws -> EncodedEvent {
        let sample = try samples.image(at: index % samples.count)
        return ImageCaptured(
            id: EventIdentifier.make(), deviceID: "cam-\(index % 100)", capturedAt: .now, label: sample.label,
            trace: .make(), png: sample.png
        ).encoded()
    }

    private static func result(_ device: String) throws -> EncodedEvent {
        let now = Timestamp.now
        return try ImageClassified(
            imageID: EventIdentifier.make(), deviceID: device, capturedAt: now, model: "test",
            modelVersion: "0123456789ab-f32", precision: "f32",
            top5: [Prediction(label: "apple", index: 3, probability: 0.75)], receivedAt: now, decodedAt: now,
            inferredAt: now, trace: .make()
        ).encoded()
    }
}
