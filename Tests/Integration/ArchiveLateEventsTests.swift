import Events
import Foundation
import Kafka
import Postgres
import Synchronization
import TestSupport
import Testing
import Threads

@testable import Pipeline

/// archive beside a persist that is storing events of that very day.
@Suite(.serialized, .enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct ArchiveLateEventsTests {
    /// Sends images of a day until it is told to stop.
    private final class LateSender: Sendable {
        static let topic = "late.images"
        private let isStopped = Mutex(false)
        private let count = Mutex(0)

        var sent: Int { count.withLock { $0 } }
        func stop() { isStopped.withLock { $0 = true } }

        func run(_ kafka: KafkaServer, _ day: UTCDay) throws {
            let producer = try Producer(
                configuration: KafkaConfiguration(bootstrapServers: kafka.bootstrapServers), onDelivery: { _ in })
            defer { producer.close() }
            while !isStopped.withLock({ $0 }) {
                let number = sent
                let event = ImageCaptured(
                    id: EventIdentifier.make(), deviceID: "late-\(number % 16)",
                    capturedAt: Timestamp(
                        nanoseconds: (day.number * 86_400 + Int64(number % 86_400)) * 1_000_000_000 + 7),
                    label: nil, trace: .make(), png: [1, 2, 3]
                ).encoded()
                try producer.sendWaiting(event, topic: LateSender.topic)
                count.withLock { $0 += 1 }
                // A few thousand in all.
                producer.flush(timeout: .milliseconds(5))
            }
            #expect(producer.flush(timeout: .seconds(30)) == 0)
        }
    }

    @Test func eventsThatComeTooLateAreDeadLettersAndComeBackWithTheDay() throws {
        let day = try ArchiveDay(UTCDay(DayPartitions.day(of: .now) - 5), rows: 2_000)
        defer { day.remove() }
        let kafka = try Servers.kafka()
        let environment = ["IOTPIPE_DATABASE": day.cluster.conninfo]
        let persist = try RoleProcess(
            [
                "persist", "--group", "late-persist", "--bootstrap-server", kafka.bootstrapServers, "--images-topic",
                LateSender.topic, "--inferences-topic", "late.inferences", "--dead-letters-topic", "late.dead-letters",
            ], environment: environment, waits: true)
        let sender = LateSender()
        let thread = OSThread(name: "late") { [kafka, day = day.day] in
            do { try sender.run(kafka, day) } catch { Issue.record("\(error)") }
        }
        func count(_ sql: String) throws -> Int {
            Int(try day.connection.query("SELECT count(*) FROM \(sql)")[0].int(0) ?? -1)
        }
        try Wait.until("late events are stored: \(persist.output)") {
            try count("images") > 2_100
        }
        let archive = try day.archive(["--day", day.date])
        #expect(archive.wait() == .code(0), "\(archive.output)")
        try Wait.until("events are refused: \(persist.output)") {
            try count("dead_letters") > 100
        }
        sender.stop()
        thread.join()
        let manifest = try #require(try ArchiveFolder(day.folder).manifest(day.day))
        let stored = try #require(manifest.digest(.images)).rows - 2_000
        #expect(stored > 100)
        let letters = "dead_letters WHERE error_code = 'archivedDay' AND stage = 'persist'"
        try Wait.until("all others are dead letters: \(persist.output)") {
            try count(letters) >= sender.sent - stored
        }
        #expect(try count(letters) == sender.sent - stored)
        #expect(try count("dead_letters") == sender.sent - stored)
        #expect(try count("images") == 0)
        #expect(try count("pg_inherits") == 0)

        // The day comes back, and with it what came too late.
        let restore = try day.restore()
        #expect(restore.wait() == .code(0), "\(restore.output)")
        let replay = Shell.iotpipe(
            "dead-letters replay --error-code archivedDay -b \(kafka.bootstrapServers)", environment: environment)
        #expect(replay.status == 0, "\(replay.output)")
        try Wait.until("all are stored: \(persist.output)") {
            try count("images") >= 2_000 + sender.sent
        }
        #expect(try count("images") == 2_000 + sender.sent)
        #expect(try count("(SELECT DISTINCT id FROM images) AS ids") == 2_000 + sender.sent)
        #expect(try count("dead_letters WHERE replayed_at IS NULL") == 0)
        #expect(persist.stop() == .code(0), "\(persist.output)")
    }
}
