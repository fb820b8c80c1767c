import Events
import Foundation
import Postgres
import Testing
import TestSupport

@testable import Pipeline

/// The table of dead letters: what persist writes and what operators read.
@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct DeadLetterRowsTests {
    @Test func letterComesBackAsItWasStored() throws {
        let box = try LetterBox()
        let odd = [
            MessageHeader("x", [0xFF, 0]), MessageHeader("x", ""), MessageHeader("", "\u{301}"),
            MessageHeader("a\"b", "c\\d"),
        ]
        #expect(try box.store(LetterBox.letter("t/0/1", key: nil, value: [], headers: odd)) == 1)
        #expect(try box.store(LetterBox.letter("t/0/2", headers: []).omittingValue()) == 1)
        let table = try box.table()
        let (first, second) = (try box.entry("t/0/1"), try box.entry("t/0/2"))
        let original = try #require(try table.original(of: first))
        #expect(original.key == nil && original.value.isEmpty && original.headers == odd)
        #expect(first.bytes == 0 && !first.isOmitted && first.cluster == "one" && first.stage == "persist")
        #expect(second.bytes == 3 && second.isOmitted && second.replays == 0 && second.replayedAt == nil)
    }

    @Test func repetitionIsLeftOutAndTheSamePlaceOfAnotherClusterIsNot() throws {
        let box = try LetterBox()
        #expect(try box.store(LetterBox.letter("t/0/1")) == 1)
        #expect(try box.store(LetterBox.letter("t/0/1", message: "again")) == 0)
        #expect(try box.store(LetterBox.letter("t/0/1"), cluster: "two") == 1)
        #expect(try box.table().entries(MessagePlace(topic: "t", partition: 0, offset: 1), cluster: nil).count == 2)
        let place = MessagePlace(topic: "t", partition: 0, offset: 1)
        let error = thrown(RoleError.self) { try DeadLetterDetails(box.table(), id: place, cluster: nil) }
        #expect(error?.status == .badData && error?.message.contains("one, two") == true)
        #expect(try DeadLetterDetails(box.table(), id: place, cluster: "two").entry.cluster == "two")
    }

    @Test func replayThatFailsAgainWaitsAgain() throws {
        let box = try LetterBox()
        try box.store(LetterBox.letter("t/0/1"))
        try box.replay("t/0/1", at: "t/0/7")
        #expect(try box.entry("t/0/1").replayedAt != nil)
        // The original once more, read again after a crash: it says nothing about the replay.
        #expect(try box.store(LetterBox.letter("t/0/1")) == 0)
        #expect(try box.entry("t/0/1").replayedAt != nil)

        #expect(try box.storeComeback(of: "t/0/1", at: "t/0/7", message: "still bad") == 1)
        let entry = try box.entry("t/0/1")
        #expect(entry.replayedAt == nil && entry.replays == 1 && entry.reason == "still bad")
        #expect(entry.failedReplay == "t/0/7")
        #expect(try box.table().original(of: entry)?.value == [1, 2, 3], "the first original stays")
        #expect(try box.storeComeback(of: "t/0/1", at: "t/0/7", message: "repeated") == 0)

        // Replayed once more: a late repetition of the last failure is none of this replay.
        try box.replay("t/0/1", at: "t/0/9")
        #expect(try box.storeComeback(of: "t/0/1", at: "t/0/7", message: "late") == 0)
        let replayed = try box.entry("t/0/1")
        #expect(replayed.replayedAt != nil && replayed.replays == 2)
        // Nor does it stand above the failure of the later one.
        #expect(try box.storeComeback(of: "t/0/1", at: "t/0/10", message: "later") == 1)
        for other in ["t/0/7", "t/0/9"] {
            #expect(try box.storeComeback(of: "t/0/1", at: other, message: "late") == 0)
        }
        #expect(try box.entry("t/0/1").reason == "later")
        // Offsets of another partition cannot be compared.
        #expect(try box.storeComeback(of: "t/0/1", at: "t/1/2", message: "elsewhere") == 1)
    }

    /// Anybody can send a message that says to be a replay: two bad messages never share a row.
    @Test func messageThatOnlySaysToBeAReplayHasARowOfItsOwn() throws {
        let box = try LetterBox()
        try box.store(LetterBox.letter("t/0/1", message: "first"))
        for (claimed, own) in [("t/0/1", "t/0/5"), ("t/0/77", "t/0/6")] {
            #expect(try box.storeComeback(of: claimed, at: own, message: "forged") == 1)
            let entry = try box.entry(own)
            #expect(entry.reason == "forged" && entry.failedReplay == nil)
            let original = try #require(try box.table().original(of: entry))
            #expect(original.headers.last == MessageHeader(DeadLetter.replayHeader, claimed))
            #expect(try box.storeComeback(of: claimed, at: own, message: "again") == 0)
        }
        #expect(try box.entry("t/0/1").reason == "first")
        #expect(try box.table().entries(MessagePlace(topic: "t", partition: 0, offset: 77), cluster: nil).isEmpty)
    }

    /// The failure may be stored before the replay has noted the broker's word.
    @Test func replayThatFailedBeforeItWasNotedGoesOnWaiting() throws {
        let box = try LetterBox()
        try box.store(LetterBox.letter("t/0/1"))
        let entry = try box.entry("t/0/1")
        try box.replay("t/0/1")
        #expect(try DeadLetterDetails(box.table(), id: entry.id, cluster: nil).text.contains("not acknowledged"))
        #expect(try box.storeComeback(of: "t/0/1", at: "t/0/7", message: "quickly back") == 1)
        try box.table().markReplayed([(entry, MessagePlace(topic: "t", partition: 0, offset: 7))])
        let back = try box.entry("t/0/1")
        #expect(back.replayedAt == nil && back.replays == 1 && back.reason == "quickly back")
    }

    /// persist was away while one replay failed and the next succeeded.
    @Test func failureOfAnEarlierReplayDoesNotReopenTheLetter() throws {
        let box = try LetterBox()
        try box.store(LetterBox.letter("t/0/1"))
        try box.replay("t/0/1")
        try box.replay("t/0/1")
        try box.table().markReplayed([(box.entry("t/0/1"), MessagePlace(topic: "t", partition: 0, offset: 8))])
        #expect(try box.storeComeback(of: "t/0/1", at: "t/0/7", message: "late") == 0)
        #expect(try box.entry("t/0/1").replayedAt != nil)
        #expect(try box.storeComeback(of: "t/0/1", at: "t/0/8", message: "this one") == 1)
        #expect(try box.entry("t/0/1").replayedAt == nil)
    }

    @Test func rowsFromBeforeKeepAnEmptyClusterUntilTheyAreAdopted() throws {
        let box = try LetterBox(migrations: Array(Schema.migrations.prefix(2)))
        let error = thrown(RoleError.self) { try box.table() }
        #expect(error?.status == .badData && error?.message.contains("iotpipe persist") == true)
        try box.connection.execute(
            """
            INSERT INTO dead_letters (source_topic, source_partition, source_offset, stage, error_code, error_message,
                occurred_at, value, headers) VALUES ('t', 0, 1, 'infer', 'c', 'm', now(), '', '[]')
            """)
        try Migrator(Schema.migrations).run(on: box.connection)
        let entry = try box.entry("t/0/1")
        #expect(entry.cluster.isEmpty)
        #expect(try box.table().adopt(entry, cluster: "one"))
        #expect(try box.entry("t/0/1").cluster == "one")
        #expect(try !box.table().adopt(entry, cluster: "two"), "it has gone from there")
    }

    @Test func listingShowsTheLatestAndCountsAll() throws {
        let box = try LetterBox()
        #expect(
            try DeadLetterListing(box.table(), filter: DeadLetterFilter(), limit: 9).text(columns: 80)
                == "no dead letters")
        let start = try Timestamp(rfc3339: "2026-11-24T01:00:00Z")
        for index in 0..<5 {
            let reason = "line one\nline two " + String(repeating: "long ", count: 40)
            try box.store(
                LetterBox.letter(
                    "t/0/\(index)", code: index == 4 ? "other" : "corrupt", message: reason,
                    at: start.adding(nanoseconds: Int64(index) * 1_000_000_000)))
        }
        try box.table().markReplayed([(box.entry("t/0/0"), MessagePlace(topic: "t", partition: 0, offset: 9))])
        let listing = try DeadLetterListing(box.table(), filter: DeadLetterFilter(), limit: 2)
        let lines = listing.text(columns: 60).split(separator: "\n").map(String.init)
        #expect(lines.count == 6, "\(lines)")
        #expect(lines[1].hasPrefix("t/0/4  2026-11-24T01:00:04Z  persist  other       3 B   -"), "\(lines)")
        #expect(lines[2].count == 60 && lines[2].hasSuffix("…") && lines[2].contains("line one\\nline two"))
        #expect(lines[5] == "4 dead letters, the latest 2 shown: 3 corrupt, 1 other")

        var filter = DeadLetterFilter()
        filter.includesReplayed = true
        #expect(try DeadLetterListing(box.table(), filter: filter, limit: 9).total == 5)
        filter.errorCode = "corrupt"
        filter.stage = .persist
        filter.topic = "t"
        filter.cluster = "one"
        filter.since = start.adding(nanoseconds: 1_000_000_000)
        filter.until = start.adding(nanoseconds: 3_000_000_000)
        let narrow = try DeadLetterListing(box.table(), filter: filter, limit: 9)
        #expect(narrow.deadLetters.map(\.id.offset) == [2, 1])
        #expect(try narrow.json().contains("\"id\" : \"t/0/2\""))
        filter.stage = .infer
        #expect(try DeadLetterListing(box.table(), filter: filter, limit: 9).total == 0)
    }

    @Test func detailsShowEverything() throws {
        let box = try LetterBox()
        let headers = [MessageHeader("ce_id", "x\u{1B}[2J"), MessageHeader("binary", [0xFF, 0xFE])]
        try box.store(LetterBox.letter("t/0/1", key: [0xFF], headers: headers))
        try box.store(LetterBox.letter("t/0/2").omittingValue())
        let place = MessagePlace(topic: "t", partition: 0, offset: 1)
        let details = try DeadLetterDetails(box.table(), id: place, cluster: nil)
        let text = details.text
        #expect(text.contains("id           t/0/1\n") && text.contains("key          base64 /w=="))
        #expect(text.contains("base64 //4=") && !text.contains("\u{1B}"))
        #expect(try details.json().contains("\"base64\" : \"//4=\""))
        let folder = TemporaryFolder()
        try details.writeValue(to: folder.file("value"))
        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: folder.file("value")))) == [1, 2, 3])
        #expect(folder.contents == ["value"])
        #expect(thrown(RoleError.self) { try details.writeValue(to: "/nowhere/value") }?.status == .cannotCreate)
        let full = thrown(RoleError.self) { try details.writeValue(to: "/dev/full") }
        #expect(full?.status == .ioFailure && full?.message.contains("No space left") == true)
        let omitted = try DeadLetterDetails(
            box.table(), id: MessagePlace(topic: "t", partition: 0, offset: 2), cluster: nil)
        #expect(thrown(RoleError.self) { try omitted.writeValue(to: "/dev/null") }?.status == .badData)
        #expect(omitted.text.contains("stayed on topic t, partition 0, offset 2"))
        let missing = MessagePlace(topic: "t", partition: 0, offset: 3)
        #expect(
            thrown(RoleError.self) { try DeadLetterDetails(box.table(), id: missing, cluster: nil) }?.status
                == .inputMissing)
    }
}
