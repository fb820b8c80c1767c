import Events
import Foundation
import Kafka
import Testing

@testable import Pipeline

/// Messages come through an embedded broker: only librdkafka makes them.
@Suite struct PersistBatchTests {
    private static let now = try! Timestamp(rfc3339: "2026-11-24T12:00:00Z")
    private static let topics = TopicSetup()

    /// Reads the messages of these topics into a batch, in the order of the topics.
    private func batch(_ events: [(topic: String, event: EncodedEvent)], partitions: Int32 = 1) throws -> PersistBatch {
        let cluster = try Cluster(partitions: partitions)
        var batch = PersistBatch()
        for topic in PersistBatchTests.topics.all {
            let own = events.filter { $0.topic == topic }.map(\.event)
            if own.isEmpty { continue }
            for (index, event) in own.enumerated() {
                try cluster.send([event], topic: topic, partition: Int32(index) % partitions)
            }
            for message in try cluster.read(own.count, from: topic) {
                batch.add(message, topics: PersistBatchTests.topics)
            }
        }
        return batch
    }

    private func captured(at text: String = "2026-11-24T11:00:00Z", label: String? = nil) throws -> EncodedEvent {
        Samples.captured(at: try Timestamp(rfc3339: text), label: label).encoded()
    }

    private func classified(at text: String = "2026-11-24T11:00:00Z") throws -> EncodedEvent {
        try Samples.classified(at: try Timestamp(rfc3339: text)).encoded()
    }

    /// The event with a header replaced, or without it.
    private func changing(_ event: EncodedEvent, _ name: String, to value: [UInt8]?) -> EncodedEvent {
        let headers = event.headers.compactMap { header in
            header.name == name ? value.map { MessageHeader(name, $0) } : header
        }
        return EncodedEvent(key: event.key, value: event.value, headers: headers)
    }

    @Test func kindsAreSortedByTheirTopics() throws {
        let batch = try batch([
            ("iot.images", captured()), ("iot.images", captured(label: "apple")), ("iot.inferences", classified()),
            ("iot.dead-letters", Samples.deadLetter(about: UUID()).encoded()),
        ])
        #expect(batch.images.map(\.event.label) == [nil, "apple"])
        #expect(batch.inferences.count == 1 && batch.deadLetters.count == 1 && batch.rejected.isEmpty)
        #expect(batch.next.values.sorted() == [1, 1, 2])
        #expect(batch.days == [20_781])
        #expect(batch.bytes > 200 && !batch.isEmpty)
        #expect(PersistBatch().isEmpty)
    }

    // MARK: - Malformed messages

    /// Each fault of an image message with the code of its dead letter.
    @Test func malformedImagesBecomeDeadLettersAndTheirNeighboursSurvive() throws {
        let good = try captured()
        let bad: [(event: EncodedEvent, code: String)] = [
            (EncodedEvent(key: good.key, value: good.value, headers: []), "missingHeader"),
            (changing(good, "ce_specversion", to: Array("2.0".utf8)), "unsupportedVersion"),
            (changing(good, "ce_type", to: Array("io.iotpipe.image.captured.v2".utf8)), "unsupportedVersion"),
            (changing(good, "ce_type", to: Array("com.example.other".utf8)), "wrongType"),
            (changing(good, "ce_id", to: nil), "missingHeader"),
            (changing(good, "ce_id", to: Array("no-uuid".utf8)), "malformedHeader"),
            (changing(good, "ce_time", to: Array("yesterday".utf8)), "malformedHeader"),
            (changing(good, "ce_source", to: [0xff, 0xfe]), "malformedHeader"),
            (try captured(label: "nul\u{0}byte"), "invalidValue"),
        ]
        let batch = try batch(
            [("iot.images", good)] + bad.map { ("iot.images", $0.event) } + [("iot.images", captured(label: "last"))])
        #expect(batch.images.map(\.event.label) == [nil, "last"])
        #expect(batch.rejected.map(\.event.errorCode) == bad.map(\.code))
        #expect(Array(batch.next.values) == [Int64(bad.count + 2)])
        for (item, expected) in zip(batch.rejected, bad) {
            let letter = item.event
            #expect(letter.stage == .persist && letter.sourceTopic == "iot.images")
            #expect(letter.offset == item.message.offset && letter.value == expected.event.value)
            #expect(letter.headers == expected.event.headers && letter.key == expected.event.key)
            #expect(!letter.message.isEmpty)
        }
    }

    @Test func malformedResultsBecomeDeadLetters() throws {
        let good = try classified()
        let bad = [
            (EncodedEvent(key: good.key, value: Array("{".utf8), headers: good.headers), "malformedJSON"),
            (EncodedEvent(key: good.key, value: [], headers: good.headers), "malformedJSON"),
            (EncodedEvent(key: good.key, value: Array("{}".utf8), headers: good.headers), "invalidValue"),
            (changing(good, "ce_id", to: Array("other/version".utf8)), "invalidValue"),
        ]
        let batch = try batch(bad.map { ("iot.inferences", $0.0) } + [("iot.inferences", good)])
        #expect(batch.inferences.count == 1)
        #expect(batch.rejected.map(\.event.errorCode) == bad.map(\.1))
    }

    @Test func deadLetterOfAResultNamesItsImage() throws {
        let id = EventIdentifier.make()
        let event = try Samples.classified(id: id, at: PersistBatchTests.now).encoded()
        let broken = EncodedEvent(key: event.key, value: [0], headers: event.headers)
        let batch = try batch([("iot.inferences", broken)])
        #expect(batch.rejected.map(\.event.imageID) == [id])
    }

    @Test(
        arguments: [
            ([("ce_id", "01890a5d-ac96-774b-bcce-b302099a8057")], "01890A5D-AC96-774B-BCCE-B302099A8057"),
            (
                [
                    ("ce_id", "01890a5d-ac96-774b-bcce-b302099a8057/v"),
                    ("ce_subject", "11890a5d-ac96-774b-bcce-b302099a8057"),
                ], "11890A5D-AC96-774B-BCCE-B302099A8057"
            ),
            ([("ce_id", "no id")], nil), ([], nil),
        ] as [([(String, String)], String?)])
    func imageIsFoundInTheHeaders(headers: [(String, String)], expected: String?) {
        let headers = headers.map { MessageHeader($0.0, $0.1) }
        #expect(PersistBatch.imageID(in: headers)?.uuidString == expected)
    }

    /// A dead letter about a dead letter would go round for ever.
    @Test func deadLetterThatIsNoneIsPassedOver() throws {
        let good = Samples.deadLetter(about: nil).encoded()
        let batch = try batch([
            ("iot.dead-letters", Samples.event("no dead letter")), ("iot.dead-letters", good),
            ("iot.dead-letters", changing(good, "dlq_stage", to: Array("nowhere".utf8))),
        ])
        #expect(batch.deadLetters.count == 1 && batch.rejected.isEmpty)
        #expect(batch.malformedLetters.map(\.message.offset) == [0, 2])
        #expect(batch.malformedLetters.allSatisfy { !$0.reason.isEmpty })
        #expect(Array(batch.next.values) == [3])
    }

    // MARK: - Changes

    @Test func rowsOfPartitionsTakenAwayAreLeftToTheirNewOwner() throws {
        let bad = Samples.event("no image")
        var batch = try batch(
            [
                ("iot.images", captured()), ("iot.images", captured()), ("iot.images", bad), ("iot.images", bad),
                ("iot.inferences", classified()), ("iot.inferences", classified()),
                ("iot.dead-letters", Samples.deadLetter(about: nil).encoded()),
            ], partitions: 2)
        batch.remove([
            TopicPartition(topic: "iot.images", partition: 0), TopicPartition(topic: "iot.inferences", partition: 0),
            TopicPartition(topic: "iot.dead-letters", partition: 0),
        ])
        #expect(batch.images.map(\.message.partition) == [1])
        #expect(batch.inferences.map(\.message.partition) == [1])
        #expect(batch.rejected.map(\.message.partition) == [1])
        #expect(batch.deadLetters.isEmpty)
        #expect(
            batch.next == [
                TopicPartition(topic: "iot.images", partition: 1): 2,
                TopicPartition(topic: "iot.inferences", partition: 1): 1,
            ])
        batch.remove(Set(batch.next.keys))
        #expect(batch.isEmpty)
    }

    @Test func rowsOfClosedDaysBecomeDeadLetters() throws {
        var batch = try batch([
            ("iot.images", captured(at: "2026-11-20T23:59:59.999999999Z")), ("iot.images", captured()),
            ("iot.images", captured(at: "2031-01-01T00:00:00Z")),
            ("iot.inferences", classified(at: "2026-11-20T00:00:00Z")), ("iot.inferences", classified()),
            ("iot.inferences", classified(at: "1970-01-01T00:00:00Z")),
        ])
        #expect(batch.days == [0, 20_777, 20_781, 22_280])
        batch.rejectRows(of: ClosedDays())
        #expect(batch.rejected.isEmpty)
        batch.rejectRows(of: ClosedDays(archived: [20_777], outside: [0, 22_280]))
        #expect(batch.days == [20_781])
        #expect(batch.images.count == 1 && batch.inferences.count == 1)
        let letters = batch.rejected.map(\.event)
        #expect(letters.map(\.errorCode) == ["archivedDay", "invalidValue", "archivedDay", "invalidValue"])
        #expect(letters[1].message.contains("ce_time 2031-01-01T00:00:00.000000000Z is outside"))
        #expect(letters[3].message.contains("capturedAt 1970-01-01T00:00:00.000000000Z is outside"))
        #expect(letters.allSatisfy { $0.imageID != nil })
        #expect(batch.next.count == 2)
    }
}
