import Glibc
import Kafka
import Latency
import Testing
import TestSupport
import Threads

@testable import Pipeline

/// How a producer's run ends: stopped, with a broker that goes away, and with what is wrong.
@Suite struct ProduceRoleEndTests {
    /// Answers images, and takes the broker away with the tenth.
    private func stopping(
        _ broker: EmbeddedBroker, of cluster: Cluster, telling isDown: Monitor<Bool>
    ) throws -> StandInClassifier {
        try StandInClassifier(cluster) { _, number in
            if number == 10 {
                try? broker.stopBroker(1)
                isDown.update { $0 = true }
            }
            return .label("apple")
        }
    }

    // MARK: - Ends

    @Test func stopDrainsWhatWasSent() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let stop = cluster.stop
        let classifier = try StandInClassifier(cluster) { _, number in
            if number == 10 { stop.request() }
            return .label("apple")
        }
        var options = cluster.options(folder, count: 1)
        options.count = nil
        options.rate = 100
        let (summary, status) = try cluster.run(options)
        classifier.stop()
        #expect(status == .success)
        #expect(summary.planned > 10 && summary.classified == summary.planned)
        #expect(try options.rows().count == summary.planned)
    }

    @Test func brokerThatGoesAwayLeavesNothingUncounted() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let (broker, stop) = (cluster.broker, cluster.stop)
        let classifier = try StandInClassifier(cluster) { _, number in
            if number == 10 {
                try? broker.stopBroker(1)
                stop.request()
            }
            return .label("apple")
        }
        var options = cluster.options(folder, count: 1_000)
        options.drainTimeout = .milliseconds(500)
        let (summary, status) = try cluster.run(options)
        try broker.startBroker(1)
        classifier.stop()
        #expect(summary.planned > 10)
        #expect(
            summary.classified + summary.timedOut + summary.undelivered + summary.deadLettered == summary.planned)
        #expect(status == (summary.undelivered > 0 ? .temporaryFailure : .success))
        #expect(try options.rows().count == summary.planned)
    }

    @Test func brokerThatWasAwayForAWhileLosesNothing() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let broker = cluster.broker
        let isDown = Monitor(false)
        let classifier = try stopping(broker, of: cluster, telling: isDown)
        let options = cluster.options(folder, count: 200)
        let role = try ProduceRole(options: options, services: cluster.services) { report in
            // All were planned while it was away.
            if report.summary.planned == 200, isDown.read({ $0 }) { try? broker.startBroker(1) }
        }
        let (summary, status) = try role.run()
        classifier.stop()
        #expect(status == .success)
        #expect(summary.planned == 200 && summary.acknowledged == 200 && summary.classified == 200)
        #expect(Set(try options.rows().map(\.imageID)).count == 200)
    }

    /// A full local queue holds the sender up: images wait to be planned, not in memory, and none is lost.
    @Test func fullQueueIsBackPressure() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let broker = cluster.broker
        let isDown = Monitor(false)
        let classifier = try stopping(broker, of: cluster, telling: isDown)
        var options = cluster.options(folder, count: 600)
        options.kafka.set("queue.buffering.max.messages", "50")
        let held = Monitor<[ProduceProgress]>([])
        let role = try ProduceRole(options: options, services: cluster.services) { report in
            guard isDown.read({ $0 }) else { return }
            let reports = held.update { held in
                held.append(report)
                return held.map(\.summary.planned)
            }
            // Half a second later it is where it was.
            if reports.count > 1, reports[reports.count - 2] == reports[reports.count - 1] {
                try? broker.startBroker(1)
            }
        }
        let (summary, status) = try role.run()
        classifier.stop()
        #expect(status == .success && summary.planned == 600 && summary.classified == 600)
        let last = try #require(held.read { $0.last { $0.summary.planned < 600 } })
        // The queue's, and the one that waits for room in it.
        #expect(last.summary.planned - last.summary.acknowledged <= 51, "\(last.summary)")
        #expect(summary.sendDelay.percentile(100) ?? 0 > 400_000_000, "the sender waited")
    }

    // MARK: - Errors

    @Test func brokerThatDoesNotAnswerEndsTheRunAtTheStart() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        try cluster.broker.stopBroker(1)
        var options = cluster.options(folder, count: 5)
        options.connectTimeout = .milliseconds(300)
        let frozen = options
        let error = thrown(KafkaError.self) { try cluster.run(frozen) }
        #expect(error?.code == .unreachable)
    }

    /// One that takes connections and never answers.
    @Test func stopEndsTheWaitForABrokerThatDoesNotAnswer() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        #expect(listen(listener, 16) == 0)
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &size) }
        }
        var options = cluster.options(folder, count: 5)
        options.kafka.set("bootstrap.servers", "127.0.0.1:\(UInt16(bigEndian: address.sin_port))")
        options.connectTimeout = .seconds(3_600)
        let (frozen, services) = (options, cluster.services)
        let outcome = Monitor<Pipeline.ExitStatus?>(nil)
        _ = OSThread(name: "produce") {
            let status = try? ProduceRole(options: frozen, services: services).run().status
            outcome.update { $0 = status }
        }
        Wait.until("it connects") {
            var poll = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            return Glibc.poll(&poll, 1, 10) == 1
        }
        cluster.stop.request()
        Wait.until("it ends") { outcome.read { $0 } == .success }
    }

    @Test func imageThatIsTooLargeEndsTheRunWithTheReason() throws {
        let (cluster, folder) = (try Cluster(), TemporaryFolder())
        var options = cluster.options(folder, count: 5)
        options.kafka.set("message.max.bytes", "1000")
        options.drainTimeout = .zero
        options.resultTimeout = .milliseconds(100)
        let frozen = options
        let error = thrown(KafkaError.self) { try cluster.run(frozen) }
        #expect(error?.code == .messageTooLarge)
        #expect(try frozen.rows().map(\.outcome) == [.undelivered])
    }

    @Test func csvThatCannotBeMadeIsFoundBeforeAnythingIsSent() throws {
        let cluster = try Cluster()
        var options = ProduceOptions(kafka: cluster.kafka(), producer: "cam")
        options.latencies = "/nowhere/latencies.csv"
        let frozen = options
        let error = thrown(LatencyError.self) {
            _ = try ProduceRole(options: frozen, services: cluster.services)
        }
        #expect(error?.code == .cannotCreate)
    }
}
