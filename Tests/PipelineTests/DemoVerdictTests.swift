import Events
import Foundation
import Latency
import Postgres
import TestSupport
import Testing

@testable import Pipeline

/// What the demo reads from the database of its images.
@Suite(.enabled(if: Database.isInstalled, "PostgreSQL is missing"))
struct DemoVerdictTests {
    private let cluster: Cluster
    private let database: Database
    private let store: PersistStore
    private let folder = TemporaryFolder()

    init() throws {
        cluster = try Cluster(partitions: 1)
        database = try Database()
        store = PersistStore(database: database.conninfo, clusterID: "one", group: "g")
        _ = try store.connect()
    }

    /// Stores images with their results.
    ///
    /// - Parameter pictures: each one's label and answer, and a number that is the same for equal pictures.
    /// - Returns: a producer's file that names them.
    private func store(_ pictures: [(label: String?, answer: String, picture: Int)]) throws -> String {
        var batch = PersistBatch()
        var records: [LatencyRecord] = []
        var events: [String: [EncodedEvent]] = [:]
        for (label, answer, picture) in pictures {
            let image = Samples.captured(label: label, bytes: picture)
            let result = Samples.classified(id: image.id, at: image.capturedAt, label: answer)
            events["iot.images", default: []].append(image.encoded())
            events["iot.inferences", default: []].append(try result.encoded())
            records.append(
                LatencyRecord(
                    run: "demo", producers: 1, producer: "p1", device: "cam-1", imageID: image.id,
                    planned: image.capturedAt, acked: 1, result: 2, label: label, predicted: answer, outcome: .ok))
        }
        for (topic, events) in events {
            try cluster.send(events, topic: topic)
            for message in try cluster.read(events.count, from: topic) { batch.add(message, topics: cluster.topics) }
        }
        _ = try store.preparePartitions(for: batch.days)
        guard case .stored = try store.write(batch, after: [:]) else {
            Issue.record("the rows are not stored")
            return ""
        }
        let file = folder.file("latencies.csv")
        let writer = try LatencyCSVWriter(path: file)
        writer.append(records)
        try writer.close()
        return file
    }

    private func rightAnswers(_ files: [String], names: Set<String>) throws -> String {
        let verdict = try DemoVerdict(files: files, names: names, database: database.conninfo)
        #expect(verdict.lost == 0 && verdict.doubled == 0)
        return verdict.rightAnswers
    }

    @Test func onlyDifferentPicturesWithLabelsThatTheModelKnowsCount() throws {
        let file = try store([
            ("apple", "apple", 1), ("apple", "apple", 1), ("bee", "apple", 2), ("bee", "bee", 3), ("whale", "bee", 4),
            (nil, "bee", 5),
        ])
        #expect(try rightAnswers([file], names: ["apple", "bee"]) == "2 of 3 distinct images")
        #expect(try rightAnswers([file], names: ["apple", "bee", "whale"]) == "2 of 4 distinct images")
        #expect(
            try rightAnswers([file], names: ["tench"])
                == "unknown: no label of the images is among the model's names")
    }

    @Test func withoutLabelsItIsUnknown() throws {
        let file = try store([(nil, "apple", 1)])
        #expect(try rightAnswers([file], names: ["apple"]) == "unknown: the images carry no labels")
    }

    @Test func ofManyPicturesThePercentageIsSaid() throws {
        let file = try store((1...1_000).map { ("apple", $0 <= 812 ? "apple" : "bee", $0) })
        #expect(try rightAnswers([file], names: ["apple", "bee"]) == "812 of 1,000 distinct images (81.2 %)")
    }
}
