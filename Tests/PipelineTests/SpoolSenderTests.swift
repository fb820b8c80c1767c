import Events
import Foundation
import Synchronization
import Testing
import TestSupport
import Threads

@testable import Kafka
@testable import Pipeline

/// What the spool sends and the broker does not take.
@Suite struct SpoolSenderTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.file("spool") }

    /// Keeps images and ends.
    private func keep(_ images: [ImageCaptured], _ log: LogLines) throws {
        let spool = try Spool(path: path, limit: 1 << 30, logger: log.logger) { _ in }
        for image in images {
            #expect(spool.add(image.encoded(), id: image.id, topic: "iot.images", waiting: DrainLimit.never))
        }
        spool.close(until: .never)
    }

    private func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Kafka refuses a batch as a whole where one message of it is too large.
    @Test func refusedMessageIsPutAsideAndItsNeighboursGoOn() throws {
        let cluster = try Cluster()
        let images = (0..<5).map { Samples.captured(device: $0 == 2 ? "bad" : "good") }
        try keep(images, cluster.log)
        let spool = try Spool(path: path, limit: 1 << 30, logger: cluster.log.logger) { _ in }
        let sender = SpoolSender(spool: spool, logger: cluster.log.logger)
        let refusal = KafkaError(.messageTooLarge, "it is too large")
        let seen = Mutex<[UInt64]>([])
        let outgoing = try Outgoing(configuration: cluster.kafka(), logger: cluster.log.logger) { reports in
            sender.take(
                reports.map { report in
                    let isBad = sender.record(of: report.token)?.event.key == Array("bad".utf8)
                    let number = seen.withLock { seen in
                        seen.append(report.token)
                        return seen.count
                    }
                    // The five of the first batch, and later the one alone.
                    guard number <= 5 || isBad else { return report }
                    return Outgoing.Report(token: report.token, partition: 0, offset: -1, error: refusal)
                })
        }
        sender.start(to: outgoing) { Issue.record("\($0)") }
        Wait.until("the spool is empty") { spool.used == 0 }
        sender.stop()
        sender.waitForEnd(until: .never)
        outgoing.close()
        spool.close(until: .never)
        #expect(sender.sent == 4 && sender.refused == 1)
        #expect(sender.aside == [file("segment-00000001.spool.refused")])
        #expect(try SpoolSegment(path: sender.aside[0]).records.map(\.event) == [images[2].encoded()])
        #expect(cluster.log.count(of: "image not delivered image=\(images[2].id.lowercased)") == 1)
        #expect(cluster.log.count(of: "image not delivered") == 1)
    }

    private func options(_ cluster: Cluster, _ properties: KeyValuePairs<String, String> = [:]) -> ProduceOptions {
        var options = ProduceOptions(kafka: cluster.kafka(properties), producer: "cam")
        options.count = 1
        options.spool = path
        options.resultTimeout = .milliseconds(500)
        options.drainTimeout = .milliseconds(500)
        return options
    }

    @Test func refusedMessageEndsTheRunWith75AndIsSentOnceItsFileIsRenamed() throws {
        let cluster = try Cluster()
        let images = [Samples.captured(), Samples.captured(bytes: 50_000), Samples.captured()]
        try keep(images, cluster.log)
        let limited = options(cluster, ["message.max.bytes": "20000"])
        let (summary, status) = try ProduceRole(options: limited, services: cluster.services).run()
        let aside = file("segment-00000001.spool.refused")
        #expect(status == .temporaryFailure && summary.acknowledged == 1)
        #expect(summary.spool?.sent == 2 && summary.spool?.refused == 1 && summary.spool?.left == 0)
        #expect(summary.spool?.newlyAside == [aside])
        #expect(summary.text.contains("1 refused by the broker\nput aside     \(aside): not sent"))

        try FileManager.default.moveItem(atPath: aside, toPath: file("segment-00000001.spool"))
        let (second, end) = try ProduceRole(options: options(cluster), services: cluster.services).run()
        #expect(end == .success && second.spool?.sent == 1)
        let found = try cluster.read(5, from: "iot.images").compactMap {
            try ImageCaptured(headers: $0.headers, value: $0.value).id
        }
        #expect(Set(found).isSuperset(of: images.map(\.id)))
    }

    @Test func damagedSegmentEndsTheRunWith75AndIsNamedAtEachStart() throws {
        let cluster = try Cluster()
        let images = (0..<3).map { _ in Samples.captured() }
        try keep(images, cluster.log)
        let segment = file("segment-00000001.spool")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: segment))
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: segment))
        let (summary, status) = try ProduceRole(options: options(cluster), services: cluster.services).run()
        #expect(status == .temporaryFailure)
        #expect(summary.spool?.sent == 1 && summary.spool?.newlyAside == [segment + ".damaged"])
        #expect(cluster.log.count(of: "a segment of the spool is damaged") == 1)

        let (second, end) = try ProduceRole(options: options(cluster), services: cluster.services).run()
        #expect(end == .success && second.spool?.newlyAside == [])
        #expect(second.text.contains("put aside     \(segment).damaged: not sent"))
        #expect(cluster.log.count(of: "an earlier run put a file of the spool aside") == 1)
    }

    /// None of these is the fault of the image: another start may succeed.
    @Test(arguments: [KafkaError.Code.unknownTopic, .authorization, .authentication, .other, .messageTooLarge])
    func whatTheBrokerDoesNotTakeIsSpooledWhateverItsReason(code: KafkaError.Code) throws {
        let cluster = try Cluster()
        let role = try ProduceRole(options: options(cluster), services: cluster.services)
        let image = Samples.captured()
        role.pending.add(PendingImage(token: 0, id: image.id, device: 0, label: nil, planned: 0))
        role.take([
            Outgoing.Report(
                token: 0, partition: 0, offset: -1, error: KafkaError(code, "refused"), event: image.encoded())
        ])
        role.spool?.close(until: .never)
        #expect(role.spool?.spooled == 1)
        #expect(cluster.log.count(of: "image not delivered") == 0)
        #expect(cluster.stop.isRequested, "going on would fail image by image")
    }
}
