import Events
import Foundation
import Kafka
import Postgres
import Testing
import TestSupport

@testable import Pipeline

/// Replays to an embedded broker.
@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct DeadLetterReplayTests {
    /// A broker, a database, and what a replay said.
    private final class Scene {
        let kafka: Cluster
        let box: LetterBox
        let clusterID: String
        private(set) var lines: [String] = []

        init() throws {
            kafka = try Cluster()
            box = try LetterBox()
            clusterID = try Admin(configuration: kafka.kafka()).metadata(timeout: Wait.patience).clusterID ?? "unknown"
        }

        func store(_ letter: DeadLetter) throws { try box.store(letter, cluster: clusterID) }

        func replay(
            _ selection: DeadLetterReplayOptions.Selection = .filter(DeadLetterFilter()),
            change: (inout DeadLetterReplayOptions) -> Void = { _ in }
        ) throws -> DeadLetterReplaySummary {
            var options = DeadLetterReplayOptions(kafka: kafka.kafka(), selection: selection)
            options.database = box.database.conninfo
            options.timeout = Wait.patience
            change(&options)
            lines = []
            let replay = try DeadLetterReplay(options: options, logger: kafka.log.logger) { self.lines.append($0) }
            return try replay.run()
        }
    }

    @Test func originalsGoBackAsTheyWere() throws {
        let scene = try Scene()
        let headers = [MessageHeader("a", [0xFF]), MessageHeader("a", "2"), MessageHeader("ce_time", "t")]
        for offset in 0..<300 {
            try scene.store(
                LetterBox.letter("iot.images/1/\(offset)", value: Array("\(offset)".utf8), headers: headers))
        }
        try scene.store(LetterBox.letter("iot.inferences/0/5", key: nil, value: [], headers: []))
        let dry = try scene.replay { $0.isDryRun = true }
        #expect(dry.sent == 301 && dry.status == .success && dry.text.contains("would be sent"))
        #expect(scene.lines.count == 301 && scene.lines[0].contains("iot.images, partition 1"))
        #expect(try scene.box.entry("iot.images/1/0").replayedAt == nil)

        let summary = try scene.replay()
        #expect(summary.sent == 301 && summary.refused == 0 && summary.status == .success)
        let messages = try scene.kafka.read(300, from: "iot.images")
        #expect(Set(messages.map(\.partition)) == [1])
        #expect(messages.map { String(decoding: $0.value, as: UTF8.self) } == (0..<300).map(String.init))
        #expect(messages[7].headers == headers + [MessageHeader("dlq_replay_of", "iot.images/1/7")])
        #expect(messages[7].key == Array("cam-1".utf8))
        #expect(try scene.kafka.read(1, from: "iot.inferences")[0].key == nil)
        let entry = try scene.box.entry("iot.images/1/7")
        #expect(entry.replays == 1 && entry.replayedAt != nil)
        #expect(try scene.replay().text == "no dead letters to replay")
        // By its id one goes again.
        #expect(try scene.replay(.ids([entry.id])).sent == 1)
        #expect(try scene.box.entry("iot.images/1/7").replays == 2)
    }

    @Test func operatorMendsHeadersAndValue() throws {
        let scene = try Scene()
        try scene.store(LetterBox.letter("iot.images/0/1"))
        let folder = TemporaryFolder()
        try Data([8, 8]).write(to: URL(fileURLWithPath: folder.file("value")))
        let summary = try scene.replay(.ids([MessagePlace(topic: "iot.images", partition: 0, offset: 1)])) {
            $0.headers = [("ce_time", "now"), ("ce_id", ""), ("new", "1")]
            $0.valueFile = folder.file("value")
        }
        #expect(summary.sent == 1)
        let message = try scene.kafka.read(1, from: "iot.images")[0]
        #expect(message.value == [8, 8])
        #expect(message.headers.map(\.name) == ["ce_time", "new", "dlq_replay_of"])
        #expect(message.headers[0].text == "now")
    }

    @Test func headersAreChangedInTheirPlace() {
        let headers = [MessageHeader("a", "1"), MessageHeader("b", "2"), MessageHeader("a", "3")]
        #expect(HeaderChanges.apply([], to: headers) == headers)
        #expect(HeaderChanges.apply([("a", "x")], to: headers) == [MessageHeader("a", "x"), MessageHeader("b", "2")])
        #expect(HeaderChanges.apply([("a", ""), ("c", "4")], to: headers) == [headers[1], MessageHeader("c", "4")])
        #expect(HeaderChanges.apply([("c", "")], to: headers) == headers)
    }

    @Test func whatCannotBeSentIsRefusedAndTheOthersGoOn() throws {
        let scene = try Scene()
        try scene.store(LetterBox.letter("iot.images/0/1"))
        try scene.store(LetterBox.letter("no.such.topic/0/1"))
        try scene.store(LetterBox.letter("iot.images/0/2", headers: [MessageHeader("b", "1")]).omittingValue())
        try scene.box.store(LetterBox.letter("iot.images/0/3"), cluster: "elsewhere")
        try scene.box.store(LetterBox.letter("iot.images/0/4"), cluster: "")
        let summary = try scene.replay()
        #expect(summary.sent == 1 && summary.refused == 4 && summary.status == .badData)
        let text = scene.lines.joined(separator: "\n")
        #expect(text.contains("topic no.such.topic does not exist"), "\(text)")
        #expect(text.contains("refused iot.images/0/2: its value was too large"), "\(text)")
        #expect(text.contains("it is of cluster elsewhere"), "\(text)")
        #expect(text.contains("its cluster is not known"), "\(text)")
        let unknown = try scene.replay(.ids([MessagePlace(topic: "x", partition: 0, offset: 0)]))
        #expect(unknown.refused == 1 && scene.lines[0].contains("there is no such dead letter"))

        // Forced: a place of another cluster means nothing here, one of an unknown cluster is taken for this one's.
        var filter = DeadLetterFilter()
        filter.topic = "iot.images"
        let forced = try scene.replay(.filter(filter)) { $0.isForced = true }
        #expect(forced.sent == 2 && forced.refused == 1)
        let messages = try scene.kafka.read(3, from: "iot.images")
        #expect(
            messages.compactMap { $0.headers.last { $0.name == "dlq_replay_of" }?.text } == [
                "iot.images/0/1", "iot.images/0/4",
            ])
        #expect(try scene.box.entry("iot.images/0/4").cluster == scene.clusterID)
        #expect(try scene.box.entry("iot.images/0/3").replayedAt != nil)
    }

    @Test func valueThatWasLeftOutIsReadFromItsTopic() throws {
        let scene = try Scene()
        let whole = EncodedEvent(
            key: [5], value: Array(repeating: 7, count: 4_000), headers: [MessageHeader("a", "1")])
        let other = EncodedEvent(key: [5], value: Array(repeating: 8, count: 4_000), headers: [MessageHeader("a", "2")])
        try scene.kafka.send([other, whole, other], topic: "iot.images", partition: 0)
        func letter(_ offset: Int) throws -> DeadLetter {
            try LetterBox.letter("iot.images/0/\(offset)", key: [5], value: whole.value, headers: whole.headers)
        }
        try scene.store(letter(1).omittingValue())
        // Another message is in the place of this one.
        try scene.store(letter(2).omittingValue())
        let summary = try scene.replay()
        #expect(summary.sent == 1 && summary.refused == 1)
        #expect(scene.lines[0].contains("another message is in its place"))
        let message = try scene.kafka.read(4, from: "iot.images").last
        #expect(message?.value == whole.value && message?.key == [5])
        #expect(message?.headers == whole.headers + [MessageHeader("dlq_replay_of", "iot.images/0/1")])
    }

    @Test func shortestLetterGetsKeyAndHeadersFromItsTopicToo() throws {
        let scene = try Scene()
        let whole = EncodedEvent(key: [5], value: [7, 7], headers: [MessageHeader("a", "1")])
        try scene.kafka.send([whole], topic: "iot.images", partition: 0)
        try scene.store(
            LetterBox.letter("iot.images/0/0", key: [5], value: [7, 7], headers: whole.headers).omittingOriginal())
        #expect(try scene.replay().sent == 1)
        let message = try scene.kafka.read(2, from: "iot.images")[1]
        #expect(message.key == [5] && message.value == [7, 7] && message.headers[0] == whole.headers[0])
    }

    @Test func whatTheBrokerDoesNotAcknowledgeGoesOnWaiting() throws {
        let scene = try Scene()
        for offset in 0..<3 { try scene.store(LetterBox.letter("iot.images/0/\(offset)")) }
        var options = DeadLetterReplayOptions(
            kafka: scene.kafka.kafka(["message.timeout.ms": "1000"]), selection: .filter(DeadLetterFilter()))
        options.database = scene.box.database.conninfo
        let replay = try DeadLetterReplay(options: options, logger: scene.kafka.log.logger) { _ in }
        try scene.kafka.broker.stopBroker(1)
        let summary = try replay.run()
        #expect(summary.sent == 0 && summary.unacknowledged == 3 && summary.status == .temporaryFailure)
        // Nobody knows whether the broker has them: persist must believe what comes of them.
        #expect(try scene.box.entry("iot.images/0/0").replays == 1)
        #expect(try scene.box.entry("iot.images/0/0").replayedAt == nil)
        try scene.kafka.broker.startBroker(1)
        #expect(try scene.replay().sent == 3)
    }

    @Test func aLetterThatCannotBeReadIsRefusedAlone() throws {
        let scene = try Scene()
        for offset in 0..<3 { try scene.store(LetterBox.letter("iot.images/0/\(offset)")) }
        try scene.store(LetterBox.letter("iot.images/9/0").omittingValue())
        try scene.box.connection.execute("UPDATE dead_letters SET headers = '{}' WHERE source_offset = 1")
        let summary = try scene.replay { $0.timeout = .seconds(2) }
        #expect(summary.sent == 2 && summary.refused == 2 && summary.status == .badData)
        let text = scene.lines.joined(separator: "\n")
        #expect(text.contains("refused iot.images/0/1: its headers in the table"), "\(text)")
        #expect(text.contains("refused iot.images/9/0: its value was too large"), "\(text)")
        #expect(try scene.box.entry("iot.images/0/1").replays == 0)
    }

    /// Where the replay as a whole fails, what the broker has acknowledged is noted all the same.
    @Test func whatWasAcknowledgedIsNotedWhateverComesThen() throws {
        let scene = try Scene()
        for offset in 0..<300 { try scene.store(LetterBox.letter("iot.images/0/\(offset)")) }
        try scene.box.connection.execute(
            """
            CREATE FUNCTION fail() RETURNS jsonb STABLE LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
            ALTER TABLE dead_letters RENAME TO stored;
            CREATE VIEW dead_letters AS SELECT cluster_id, source_topic, source_partition, source_offset, stage, error_code,
                error_message, image_id, occurred_at, persisted_at, key, value, omitted_bytes, replays, replayed_at,
                failed_replay, last_replay, CASE WHEN source_offset = 250 THEN fail() ELSE headers END AS headers FROM stored
            """)
        let error = thrown(PostgresError.self) { try scene.replay() }
        #expect(error?.message == "no", "\(error.map { "\($0)" } ?? "")")
        let noted = try scene.box.connection.query("SELECT count(*) FROM stored WHERE replayed_at IS NOT NULL")
        #expect(noted[0].int(0) == 200)
        #expect(try scene.kafka.read(200, from: "iot.images").count == 200)
    }
}
