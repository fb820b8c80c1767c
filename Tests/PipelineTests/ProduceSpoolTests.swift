import Events
import Foundation
import Glibc
import Kafka
import Latency
import Testing
import TestSupport
import Threads

@testable import Pipeline

/// A producer with a spool, on an embedded broker that goes away and comes back.
@Suite struct ProduceSpoolTests {
    private let folder = TemporaryFolder()
    private var spool: String { folder.file("spool") }

    private func options(_ cluster: Cluster, count: Int) -> ProduceOptions {
        var options = ProduceOptions(
            kafka: cluster.kafka(["message.timeout.ms": "700", "socket.connection.setup.timeout.ms": "1000"]),
            producer: "cam")
        options.rate = 400
        options.count = count
        options.devices = 3
        options.latencies = folder.file("latencies.csv")
        options.journal = folder.file("journal")
        options.spool = spool
        options.connectTimeout = .seconds(5)
        options.resultTimeout = .milliseconds(1_500)
        options.drainTimeout = .milliseconds(1_500)
        return options
    }

    private func planned() throws -> [UUID: Timestamp] {
        var rows: [UUID: Timestamp] = [:]
        try LatencyCSVReader(path: folder.file("latencies.csv")).forEach { rows[$0.imageID] = $0.planned }
        return rows
    }

    private func journal() throws -> Set<String> {
        Set(try String(contentsOfFile: folder.file("journal"), encoding: .utf8).split(separator: "\n").map(String.init))
    }

    private var segments: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: spool)) ?? []).filter { $0 != ".lock" }
    }

    /// Everything on the topic of images.
    private func images(_ count: Int, on cluster: Cluster) throws -> [UUID: Timestamp] {
        var found: [UUID: Timestamp] = [:]
        let reader = try cluster.reader(["iot.images"])
        defer { reader.close() }
        try Wait.until("\(count) images are on the topic") {
            for message in try reader.poll(maximum: 1_000, timeout: .milliseconds(20)) {
                let image = try ImageCaptured(headers: message.headers, value: message.value)
                found[image.id] = image.capturedAt
            }
            return found.count >= count
        }
        return found
    }

    @Test func nextStartSendsWhatTheBrokerDidNotTake() throws {
        let cluster = try Cluster()
        let broker = cluster.broker
        let isDown = Monitor(false)
        let first = try ProduceRole(options: options(cluster, count: 300), services: cluster.services) { report in
            let mustStop = isDown.read { isDown in
                defer { isDown = isDown || report.summary.planned > 50 }
                return !isDown && report.summary.planned > 50
            }
            if mustStop { try? broker.stopBroker(1) }
        }
        let (summary, status) = try first.run()
        let rows = try planned()
        #expect(status == .temporaryFailure)
        #expect(summary.planned == 300 && rows.count == 300)
        let kept = try #require(summary.spool)
        #expect(summary.undelivered > 0 && kept.spooled == summary.undelivered && kept.left > 0)
        #expect(try journal().count == summary.acknowledged)
        #expect(cluster.log.count(of: "image not delivered") == 0)
        // Torn off in the middle of a record, as by SIGKILL.
        let end = "\(spool)/segment-00009999.spool"
        try Data(SpoolSegment.magic + [200, 0, 0, 0, 1, 2]).write(to: URL(fileURLWithPath: end))

        try broker.startBroker(1)
        var again = options(cluster, count: 1)
        again.latencies = nil
        let (second, secondStatus) = try ProduceRole(options: again, services: cluster.services).run()
        #expect(secondStatus == .success)
        #expect(second.spool?.sent == kept.spooled && second.spool?.left == 0)
        #expect(segments == [])
        #expect(cluster.log.count(of: "is unfinished and left out") == 1)
        #expect(try journal().count == 301)
        let found = try images(301, on: cluster)
        for (id, stamp) in rows { #expect(found[id] == stamp) }
    }

    @Test func brokerThatComesBackGetsTheSpoolInTheSameRun() throws {
        let cluster = try Cluster()
        let broker = cluster.broker
        let phase = Monitor(0)
        var options = options(cluster, count: 1)
        options.count = nil
        options.duration = .seconds(2)
        let stop = cluster.stop
        let role = try ProduceRole(options: options, services: cluster.services) { report in
            phase.update { phase in
                if phase == 0, report.summary.acknowledged > 0 {
                    try? broker.stopBroker(1)
                    phase = 1
                } else if phase == 1, report.summary.spool?.spooled ?? 0 > 0 {
                    try? broker.startBroker(1)
                    phase = 2
                }
            }
        }
        let (summary, status) = try role.run()
        #expect(phase.read { $0 } == 2 && !stop.isRequested)
        #expect(status == .success)
        #expect(summary.undelivered > 0 && summary.spool?.spooled == summary.undelivered)
        #expect(summary.spool?.sent == summary.undelivered && segments == [])
        #expect(try images(summary.planned, on: cluster).count == summary.planned)
        #expect(try journal().count == summary.planned)
    }

    @Test func brokerThatIsAwayAtTheStartIsWaitedForWithTheSpool() throws {
        let cluster = try Cluster()
        let broker = cluster.broker
        try broker.stopBroker(1)
        let isUp = Monitor(false)
        var options = options(cluster, count: 1)
        options.count = nil
        options.duration = .seconds(2)
        options.connectTimeout = .milliseconds(300)
        let role = try ProduceRole(options: options, services: cluster.services) { report in
            isUp.update { isUp in
                if !isUp, report.summary.spool?.spooled ?? 0 > 20 {
                    try? broker.startBroker(1)
                    isUp = true
                }
            }
        }
        let (summary, status) = try role.run()
        #expect(cluster.log.count(of: "images go to the spool until one answers") == 1)
        #expect(summary.acknowledged > 0, "the run goes on with the broker")
        #expect(status == .success)
        #expect(try images(summary.planned, on: cluster).count == summary.planned)
    }

    @Test func brokerThatNeverComesLeavesEverythingInTheSpool() throws {
        let cluster = try Cluster()
        try cluster.broker.stopBroker(1)
        var options = options(cluster, count: 50)
        options.connectTimeout = .milliseconds(300)
        let (summary, status) = try ProduceRole(options: options, services: cluster.services).run()
        #expect(status == .temporaryFailure)
        #expect(summary.undelivered == 50 && summary.spool?.spooled == 50)
        #expect(summary.text.contains("50 spooled, 0 sent from the spool, "))
    }

    @Test func fullSpoolLosesNothingInSilence() throws {
        let cluster = try Cluster()
        try cluster.broker.stopBroker(1)
        var options = options(cluster, count: 50)
        options.connectTimeout = .milliseconds(300)
        options.spoolLimit = 40_000
        let (summary, status) = try ProduceRole(options: options, services: cluster.services).run()
        #expect(status == .temporaryFailure)
        let kept = try #require(summary.spool?.spooled)
        #expect(kept > 5 && kept < 50)
        #expect(cluster.log.count(of: "image not delivered") == 50 - kept)
        #expect(cluster.log.count(of: "the spool is full") == 1)
    }
}
