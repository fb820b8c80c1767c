import Events
import Foundation
import Glibc
import Images
import Kafka
import Latency
import Synchronization
import Testing
import TestSupport
import Threads

@testable import Pipeline

/// The whole producer on an embedded broker, with a classifier that needs no model.
@Suite struct ProduceRoleTests {
    // MARK: - What is sent and counted

    @Test func everyImageIsSentAsPlannedAndMeasured() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { image, _ in .label(image.label ?? "none") }
        let options = cluster.options(folder, count: 40)
        let (summary, status) = try cluster.run(options)
        classifier.stop()
        #expect(status == .success)
        #expect(summary.planned == 40 && summary.acknowledged == 40 && summary.classified == 40)
        #expect(summary.timedOut == 0 && summary.deadLettered == 0 && summary.undelivered == 0)
        #expect(summary.labelled == 40 && summary.right == 40)
        #expect(summary.latency.count == 40 && summary.sendDelay.count == 40 && summary.seconds > 0.0975)

        let rows = try options.rows()
        #expect(rows.count == 40 && Set(rows.map(\.imageID)).count == 40)
        let first = try #require(rows.first)
        let sent = Dictionary(uniqueKeysWithValues: classifier.seen.map { ($0.id, $0) })
        let dataset = SampleImages()
        for (number, row) in rows.enumerated() {
            #expect(row.planned.nanoseconds - first.planned.nanoseconds == Int64(number) * 2_500_000)
            #expect(row.run == "test" && row.producers == 2 && row.producer == "cam" && row.outcome == .ok)
            #expect(row.device == "cam-\(number % 3)")
            let image = try #require(sent[row.imageID])
            #expect(image.capturedAt == row.planned && image.deviceID == row.device)
            let source = try dataset.image(at: number % dataset.count)
            #expect(image.png == source.png && image.label == source.label && row.label == source.label)
            #expect(row.predicted == source.label)
            let stages = [row.sent, row.acked, row.result].compactMap { $0 }
            #expect(stages.count == 3 && stages.allSatisfy { $0 >= 0 })
            #expect(try #require(row.sent) <= #require(row.result))
            #expect(row.received != nil && row.decoded != nil && row.inferred != nil)
        }
        #expect(Set(rows.map { "\($0.partition ?? -1)/\($0.offset ?? -1)" }).count == 40)
        #expect(summary.bytes == classifier.seen.reduce(0) { $0 + $1.png.count })
        // A device's images lie in one partition, in order.
        for device in 0..<3 {
            let own = rows.filter { $0.device == "cam-\(device)" }
            #expect(Set(own.map(\.partition)).count == 1)
            #expect(own.compactMap(\.offset) == own.compactMap(\.offset).sorted())
        }
    }

    /// The first answer comes only when the last image has arrived: a producer that waited would never get there.
    @Test func planDoesNotWaitForResults() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster, awaiting: 60) { _, _ in .label("apple") }
        let options = cluster.options(folder, count: 60)
        let (summary, status) = try cluster.run(options)
        classifier.stop()
        #expect(status == .success && summary.classified == 60)
        let rows = try options.rows()
        let lastPlanned = try #require(rows.last).planned
        for row in rows {
            let answered = row.planned.nanoseconds + (row.result ?? 0)
            #expect(answered > lastPlanned.nanoseconds, "answered before everything was sent")
        }
    }

    @Test func durationEndsTheSending() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { _, _ in .label("apple") }
        var options = cluster.options(folder, count: 1_000_000)
        options.rate = 200
        options.duration = .milliseconds(100)
        let (summary, _) = try cluster.run(options)
        classifier.stop()
        #expect(summary.planned == 20 && summary.classified == 20)
    }

    @Test func countAndDurationBeginAfterTheWarmUp() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { _, _ in .label("apple") }
        var options = cluster.options(folder, count: 10)
        options.rate = 200
        options.warmUp = .milliseconds(100)
        let counted = try cluster.run(options)
        #expect(counted.status == .success)
        #expect(counted.summary.planned == 10 && counted.summary.classified == 10)
        #expect(counted.summary.warmUp?.planned == 20 && counted.summary.warmUp?.classified == 20)
        #expect(try options.rows().count == 10)
        #expect(Set(classifier.seen.map(\.id)).count == 30)

        options.count = nil
        options.duration = .milliseconds(50)
        options.producer = "other"
        let timed = try cluster.run(options).summary
        classifier.stop()
        #expect(timed.planned == 10 && timed.classified == 10 && timed.warmUp?.planned == 20)
    }

    @Test func imagesAreResizedWhereASizeIsAskedFor() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { _, _ in .label("apple") }
        var options = cluster.options(folder, count: 3)
        options.imageSize = (48, 20)
        _ = try cluster.run(options)
        classifier.stop()
        for image in classifier.seen {
            let decoded = try PNGCodec.decode(image.png)
            #expect(decoded.width == 48 && decoded.height == 20)
        }
    }

    @Test func journalNamesWhatTheBrokerHas() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { _, _ in .nothing }
        var options = cluster.options(folder, count: 30)
        options.journal = folder.file("journal")
        options.maxInFlight = 20
        options.drainTimeout = .zero
        options.resultTimeout = .milliseconds(500)
        let (summary, _) = try cluster.run(options)
        classifier.stop()
        let journal = try String(contentsOfFile: folder.file("journal"), encoding: .utf8)
        let acknowledged = try options.rows().filter { $0.acked != nil }.map(\.imageID.lowercased)
        #expect(summary.acknowledged == acknowledged.count && !acknowledged.isEmpty)
        #expect(journal.split(separator: "\n").map(String.init).sorted() == acknowledged.sorted())
    }

    @Test func journalOnAFullDiskEndsTheRun() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { _, _ in .label("apple") }
        var options = cluster.options(folder, count: 1)
        options.count = nil
        options.journal = "/dev/full"
        let frozen = options
        let error = thrown(RoleError.self) { try cluster.run(frozen) }
        classifier.stop()
        #expect(error?.status == .ioFailure)
    }

    // MARK: - What does not come back

    @Test func imagesEndAsResultsDeadLettersAndTimeOuts() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { image, _ in
            switch image.deviceID {
            case "cam-0": .label("wrong")
            case "cam-1": .deadLetter
            default: .nothing
            }
        }
        var options = cluster.options(folder, count: 30)
        options.resultTimeout = .milliseconds(1_500)
        options.drainTimeout = .milliseconds(1_500)
        let (summary, status) = try cluster.run(options)
        classifier.stop()
        #expect(status == .success, "everything was delivered")
        #expect(summary.acknowledged == 30)
        #expect(summary.classified == 10 && summary.deadLettered == 10 && summary.timedOut == 10)
        #expect(summary.labelled == 10 && summary.right == 0)
        let rows = try options.rows()
        #expect(rows.count == 30)
        for row in rows {
            #expect(row.acked != nil)
            switch row.device {
            case "cam-0": #expect(row.outcome == .ok && row.predicted == "wrong" && row.result != nil)
            case "cam-1": #expect(row.outcome == .deadLettered && row.result != nil && row.predicted == nil)
            default: #expect(row.outcome == .timedOut && row.result == nil && row.received == nil)
            }
        }
    }

    @Test func whatIsBeyondTheLimitIsRefusedAndCounted() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let classifier = try StandInClassifier(cluster) { _, _ in .nothing }
        var options = cluster.options(folder, count: 20)
        options.rate = 1_000
        options.maxInFlight = 5
        options.resultTimeout = .seconds(2)
        options.drainTimeout = .zero
        let (summary, status) = try cluster.run(options)
        classifier.stop()
        #expect(status == .temporaryFailure)
        #expect(summary.planned == 20 && summary.timedOut == 5 && summary.undelivered == 15)
        let rows = try options.rows()
        #expect(
            rows.map(\.outcome) == Array(repeating: .timedOut, count: 5) + Array(repeating: .undelivered, count: 15))
        #expect(rows.suffix(15).allSatisfy { $0.sent == nil && $0.acked == nil && $0.partition == nil })
        #expect(classifier.seen.count == 5)
        for row in rows.suffix(15) {
            #expect(cluster.log.count(of: "image not delivered image=\(row.imageID.lowercased)") == 1)
        }
    }

    @Test func producersShareTopicsAndCountTheirOwn() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        // The one's name is how the other's begins.
        let names = ["cam", "cam-1"]
        let classifier = try StandInClassifier(cluster) { _, _ in .label("apple") }
        let outcomes = Mutex<[String: ProduceSummary]>([:])
        let threads = names.map { name in
            var options = cluster.options(folder, count: 25)
            options.producer = name
            options.latencies = folder.file("\(name).csv")
            let (frozen, services) = (options, cluster.services)
            return OSThread(name: name) {
                do {
                    let summary = try ProduceRole(options: frozen, services: services).run().summary
                    outcomes.withLock { $0[name] = summary }
                } catch {
                    Issue.record("\(name): \(error)")
                }
            }
        }
        for thread in threads { thread.join() }
        classifier.stop()
        for name in names {
            let summary = try #require(outcomes.withLock { $0[name] })
            #expect(summary.planned == 25 && summary.classified == 25, "\(name)")
        }
        #expect(classifier.seen.count == 50)
    }

    @Test func resultsOfAnEarlierRunAreNotRead() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        try cluster.send([Samples.event("no result at all")], topic: "iot.inferences", partition: 0)
        try cluster.send([try Samples.classified(device: "cam-0").encoded()], topic: "iot.inferences")
        let classifier = try StandInClassifier(cluster) { _, _ in .label("apple") }
        let (summary, _) = try cluster.run(cluster.options(folder, count: 5))
        classifier.stop()
        #expect(summary.classified == 5)
        #expect(!cluster.log.text.contains("skipped what is no result"))
    }
}
