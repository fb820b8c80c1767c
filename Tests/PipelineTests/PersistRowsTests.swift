import Events
import Kafka
import Postgres
import Testing
import Threads

@testable import Pipeline

/// What a PostgreSQL makes of batches with rows that it does not take.
@Suite(.enabled(if: Database.isInstalled, "PostgreSQL is missing"))
struct PersistRowsTests {
    private let cluster: Cluster
    private let database: Database
    private let store: PersistStore

    init() throws {
        cluster = try Cluster(partitions: 1)
        database = try Database()
        store = PersistStore(database: database.conninfo, clusterID: "one", group: "g")
        _ = try store.connect()
    }

    private func batch(images: [EncodedEvent] = [], results: [EncodedEvent] = []) throws -> PersistBatch {
        var batch = PersistBatch()
        for (topic, events) in [("iot.images", images), ("iot.inferences", results)] where !events.isEmpty {
            try cluster.send(events, topic: topic)
            for message in try cluster.read(events.count, from: topic) {
                batch.add(message, topics: cluster.topics)
            }
        }
        #expect(batch.rejected.isEmpty)
        _ = try store.preparePartitions(for: batch.days)
        return batch
    }

    /// Writes as the role does: without the rows that are refused.
    private func write(_ batch: inout PersistBatch) throws -> PersistSummary? {
        var previous: [TopicPartition: Int64] = [:]
        for (partition, offset) in try store.offsets() { previous[partition] = offset.next }
        switch try store.write(batch, after: previous) {
        case .stored(let counts): return counts
        case .refused(let rows):
            #expect(try database.count("images") == 0 && database.count("consumer_offsets") == 0)
            batch.reject(rows)
            guard case .stored(let counts) = try store.write(batch, after: previous) else { return nil }
            return counts
        default: return nil
        }
    }

    @Test func duplicatesWithinOneBatchAreStoredOnce() throws {
        let images = (0..<50).map { _ in Samples.captured().encoded() }
        let results = try (0..<50).map { _ in try Samples.classified().encoded() }
        var batch = try batch(images: images + images + images.reversed(), results: results + results)
        let counts = try write(&batch)
        #expect(counts?.images == 50 && counts?.inferences == 50 && counts?.duplicates == 150)
        #expect(try database.count("images") == 50 && database.count("inferences") == 50)
    }

    @Test func refusedRowsAreNamedAndTheOthersStored() throws {
        try database.connection.execute("ALTER TABLE images ADD CONSTRAINT no_worms CHECK (label <> 'worm')")
        let bad: Set<Int> = [0, 17, 18, 63, 99]
        let images = (0..<100).map { Samples.captured(label: bad.contains($0) ? "worm" : "apple").encoded() }
        // Twice, so that both ways into the table are taken.
        var batch = try batch(images: images + [images[1]])
        let counts = try write(&batch)
        #expect(counts?.images == 95 && counts?.duplicates == 1)
        #expect(Set(batch.rejected.map { Int($0.message.offset) }) == bad)
        #expect(batch.rejected.allSatisfy { $0.event.errorCode == "refusedByDatabase" && $0.event.imageID != nil })
        #expect(batch.rejected.first?.event.message.contains("no_worms") == true)
        #expect(try store.offsets().values.map(\.next) == [101])
    }

    /// An operator's replay of a picture that did not decode: the row has the broken one.
    @Test func pictureOfAReplayTakesThePlaceOfTheBrokenOne() throws {
        let image = Samples.captured(bytes: 10)
        var first = try batch(images: [image.encoded()])
        #expect(try write(&first)?.images == 1)
        let place = MessagePlace(topic: "iot.images", partition: 0, offset: 0)
        let mended = EncodedEvent(
            key: image.encoded().key, value: [1, 2, 3],
            headers: image.encoded().headers + [MessageHeader(DeadLetter.replayHeader, place.description)])
        func stored() throws -> String? {
            try database.connection.query("SELECT encode(png, 'hex') || ' ' || kafka_offset FROM images")[0][0]
        }
        let before = try stored()
        try cluster.send([mended], topic: "iot.images")
        func replay(_ offset: Int) throws {
            try database.connection.execute("TRUNCATE consumer_offsets")
            var replay = PersistBatch()
            replay.add(try cluster.read(2, from: "iot.images")[offset], topics: cluster.topics)
            #expect(try write(&replay)?.images == 0)
        }
        // Without a letter, or with one that nobody replays, it is a repetition like any other.
        try replay(1)
        #expect(try stored() == before)
        let letter = Samples.deadLetter(about: image.id)
        try database.connection.transaction {
            _ = try DeadLetterRows.insert(letter, clusterID: "one", on: database.connection)
        }
        try replay(1)
        #expect(try stored() == before)
        try database.connection.execute("UPDATE dead_letters SET replays = 1")
        try replay(1)
        #expect(try stored() == "010203 1")
        // The first one, read again, does not bring the broken picture back.
        try replay(0)
        #expect(try stored() == "010203 1")
    }

    @Test func valueThatAColumnCannotHoldIsRefusedAlone() throws {
        try database.connection.execute(
            "ALTER TABLE images ADD COLUMN bytes smallint GENERATED ALWAYS AS (length(png)) STORED")
        var batch = try batch(images: [10, 40_000, 20].map { Samples.captured(bytes: $0).encoded() })
        let counts = try write(&batch)
        #expect(counts?.images == 2)
        #expect(batch.rejected.map(\.message.offset) == [1])
    }

    /// None of these is a message's fault.
    @Test(arguments: [
        "DROP TABLE inferences CASCADE; DROP TABLE images CASCADE", "ALTER TABLE images RENAME COLUMN label TO labels",
        "ALTER TABLE images ADD COLUMN needed integer NOT NULL",
        "DROP VIEW classified_images; ALTER TABLE images ALTER COLUMN label TYPE bigint USING 1",
    ])
    func faultsOfTheTablesAreErrors(change: String) throws {
        let batch = try batch(images: [Samples.captured(label: "apple").encoded()])
        try database.connection.execute(change)
        #expect(throws: PostgresError.self) { try store.write(batch, after: [:]) }
        #expect(try store.offsets().isEmpty)
    }

    @Test func partitionThatWasTakenAwayIsMadeAnew() throws {
        let batch = try batch(images: [Samples.captured().encoded()])
        let day = DayPartitions.date(of: DayPartitions.day(of: .now)).replacing("-", with: "_")
        try database.connection.execute("DROP TABLE images_\(day); DROP TABLE inferences_\(day)")
        let error = thrown(PostgresError.self) { try store.write(batch, after: [:]) }
        #expect(error?.lacksPartition == true && error?.refusesRow == false)
        #expect(error.map { OutageRetry.passes($0) } == true)
        _ = try store.preparePartitions(for: batch.days)
        guard case .stored = try store.write(batch, after: [:]) else {
            Issue.record("not stored")
            return
        }
        #expect(try database.count("images") == 1)
    }

    @Test func daysThatWereArchivedMeanwhileTakeNoRows() throws {
        let batch = try batch(images: [Samples.captured().encoded()])
        let day = try #require(batch.days.first)
        try database.connection.execute("INSERT INTO archived_days (day) VALUES ('\(DayPartitions.date(of: day))')")
        guard case .archived(let days) = try store.write(batch, after: [:]) else {
            Issue.record("not noticed")
            return
        }
        #expect(days == [day])
        #expect(try database.count("images") == 0)
    }
}
