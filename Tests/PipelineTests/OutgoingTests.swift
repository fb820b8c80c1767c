import Events
import Kafka
import Synchronization
import Testing
import Threads

@testable import Pipeline

@Suite struct OutgoingTests {
    private let topic = "iot.inferences"

    /// Sends, waiting while the local queue is full or the producer is being replaced.
    private func send(_ event: EncodedEvent, token: UInt64, partition: Int32 = -1, to outgoing: Outgoing) throws {
        try Wait.until("event \(token) is taken") {
            try outgoing.send(event, topic: topic, partition: partition, token: token)
        }
    }

    @Test func everyEventArrivesAndHasOneReport() throws {
        let cluster = try Cluster()
        let reports = Reports()
        let outgoing = try Outgoing(configuration: cluster.kafka(), logger: cluster.log.logger, onReport: reports.add)
        for token in 0..<100 as Range<UInt64> {
            let event = Samples.event("\(token)", headers: [MessageHeader("number", "\(token)")])
            try send(event, token: token, partition: Int32(token % 2), to: outgoing)
        }
        #expect(outgoing.flush(timeout: Wait.patience) == 0)
        #expect(outgoing.unacknowledged == 0)
        #expect(reports.all.map(\.token).sorted() == Array(0..<100))
        #expect(outgoing.close() == [])

        let messages = try cluster.read(100, from: topic)
        for message in messages {
            let token = try #require(UInt64(String(decoding: message.value, as: UTF8.self)))
            let report = try #require(reports.delivered.first { $0.token == token })
            #expect(report.partition == message.partition && report.offset == message.offset)
            #expect(message.headers == [MessageHeader("number", "\(token)")])
            #expect(message.key == Array("key".utf8))
        }
    }

    @Test func whatWasSentWhileTheBrokerIsAwayArrivesOnceAndInOrder() throws {
        let cluster = try Cluster(partitions: 1)
        let reports = Reports()
        let outgoing = try Outgoing(configuration: cluster.kafka(), logger: cluster.log.logger, onReport: reports.add)
        try send(Samples.event("0"), token: 0, to: outgoing)
        #expect(outgoing.flush(timeout: Wait.patience) == 0)
        try cluster.broker.stopBroker(1)
        for token in 1..<50 as Range<UInt64> { try send(Samples.event("\(token)"), token: token, to: outgoing) }
        #expect(outgoing.flush(timeout: .milliseconds(50)) == 49)
        try cluster.broker.startBroker(1)
        #expect(outgoing.flush(timeout: Wait.patience) == 0)
        #expect(reports.delivered.map(\.token) == Array(0..<50))
        outgoing.close()
        let values = try cluster.read(50, from: topic).map { String(decoding: $0.value, as: UTF8.self) }
        #expect(values == (0..<50).map(String.init))
    }

    @Test(.timeLimit(.minutes(2))) func aBrokerThatHasForgottenTheTopicLosesNothing() throws {
        let cluster = try Cluster(partitions: 1)
        let reports = Reports()
        let outgoing = try Outgoing(
            configuration: cluster.kafka([
                "topic.metadata.propagation.max.ms": "100", "topic.metadata.refresh.interval.ms": "100",
            ]),
            logger: cluster.log.logger, onReport: reports.add)
        try send(Samples.event("0"), token: 0, to: outgoing)
        #expect(outgoing.flush(timeout: Wait.patience) == 0)
        cluster.broker.forgetTopic(topic, true)
        var token: UInt64 = 1
        try Wait.until("the producer is made anew") {
            if try outgoing.send(Samples.event("\(token)"), topic: topic, partition: -1, token: token) { token += 1 }
            return cluster.log.count(of: "made anew") > 0
        }
        cluster.broker.forgetTopic(topic, false)
        #expect(outgoing.flush(timeout: Wait.patience) == 0)
        #expect(Set(reports.delivered.map(\.token)) == Set(0..<token))
        #expect(reports.all.allSatisfy { $0.error == nil })
        outgoing.close()
    }

    @Test func aTopicThatIsNotThereIsSaid() throws {
        let cluster = try Cluster(partitions: 1)
        let reports = Reports()
        cluster.broker.forgetTopic(topic, true)
        let outgoing = try Outgoing(
            configuration: cluster.kafka(["topic.metadata.propagation.max.ms": "100"]), logger: cluster.log.logger,
            onReport: reports.add)
        _ = try outgoing.send(Samples.event("0"), topic: topic, partition: -1, token: 0)
        #expect(outgoing.flush(timeout: Wait.patience) == 0)
        #expect(reports.all.map(\.error?.code) == [.unknownTopic])
        outgoing.close()
    }

    @Test func fatalErrorLosesNothingThoughManyThreadsSend() throws {
        let cluster = try Cluster()
        let reports = Reports()
        let outgoing = try Outgoing(configuration: cluster.kafka(), logger: cluster.log.logger, onReport: reports.add)
        let next = Atomic<UInt64>(0)
        let isOver = Monitor(false)
        let failures = Mutex<[String]>([])
        let threads = (0..<4).map { number in
            OSThread(name: "sender-\(number)") { [self] in
                do {
                    // Goes on before, while and after the producer is replaced.
                    while isOver.wait(until: MonotonicClock.deadline(after: .milliseconds(1)), for: { $0 ? true : nil })
                        == nil
                    {
                        let token = next.add(1, ordering: .relaxed).oldValue
                        try send(Samples.event("\(token)"), token: token, to: outgoing)
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        for restart in 1...3 {
            let delivered = reports.delivered.count
            Wait.until("something is delivered") { reports.delivered.count > delivered + 20 }
            cluster.broker.refuseNext(.outOfOrderSequence)
            Wait.until("the producer is made anew") { cluster.log.count(of: "is made anew") == restart }
        }
        isOver.update { $0 = true }
        for thread in threads { thread.join() }
        Wait.until("everything is delivered") { outgoing.flush(timeout: .milliseconds(100)) == 0 }
        outgoing.close()

        #expect(failures.withLock { $0 } == [])
        #expect(reports.all.allSatisfy { $0.error == nil }, "what failed with its producer is sent again, not reported")
        let count = Int(next.load(ordering: .relaxed))
        #expect(reports.all.map(\.token).sorted() == Array(0..<UInt64(count)))
        // Some may be there twice, under the same number.
        var missing = Set((0..<count).map(String.init))
        let reader = try cluster.reader([topic])
        defer { reader.close() }
        try Wait.until("all \(count) are on the broker") {
            for message in try reader.poll(maximum: 1_000, timeout: .milliseconds(50)) {
                missing.remove(String(decoding: message.value, as: UTF8.self))
            }
            return missing.isEmpty
        }
    }

    @Test func failedProducerIsReplacedThoughNothingIsSent() throws {
        let cluster = try Cluster()
        let reports = Reports()
        let outgoing = try Outgoing(configuration: cluster.kafka(), logger: cluster.log.logger, onReport: reports.add)
        cluster.broker.refuseNext(.outOfOrderSequence)
        try send(Samples.event("0"), token: 0, to: outgoing)
        try Wait.until("the event is delivered") {
            try outgoing.recover()
            return outgoing.unacknowledged == 0
        }
        #expect(cluster.log.count(of: "is made anew") == 1)
        #expect(reports.delivered.map(\.token) == [0])
        outgoing.close()
    }

    /// Both the first request and the first one of the producer that comes after it are refused.
    @Test func fatalErrorWhileResendingIsSurvivedToo() throws {
        let cluster = try Cluster(partitions: 1)
        let reports = Reports()
        let outgoing = try Outgoing(
            configuration: cluster.kafka([
                "linger.ms": "0", "batch.num.messages": "10", "queue.buffering.max.messages": "20000",
            ]), logger: cluster.log.logger, onReport: reports.add)
        try cluster.broker.stopBroker(1)
        for token in 0..<20_000 as Range<UInt64> { try send(Samples.event("\(token)"), token: token, to: outgoing) }
        for _ in 0..<3 { cluster.broker.refuseNext(.outOfOrderSequence) }
        try cluster.broker.startBroker(1)
        Wait.until("everything is delivered") { outgoing.flush(timeout: .milliseconds(100)) == 0 }
        #expect(cluster.log.count(of: "is made anew") == 3)
        #expect(reports.all.allSatisfy { $0.error == nil })
        #expect(reports.all.map(\.token).sorted() == Array(0..<20_000))
        outgoing.close()
    }

    @Test func eventThatCanNeverBeSentIsRefusedAndForgotten() throws {
        let cluster = try Cluster()
        let outgoing = try Outgoing(
            configuration: cluster.kafka(["message.max.bytes": "2000"]), logger: cluster.log.logger, onReport: { _ in })
        let large = EncodedEvent(key: nil, value: Array(repeating: 0, count: 5_000), headers: [])
        let error = thrown(KafkaError.self) { try outgoing.send(large, topic: topic, token: 0) }
        #expect(error?.code == .messageTooLarge)
        #expect(outgoing.unacknowledged == 0)
        outgoing.close()
    }

    /// An acknowledgement that has come but not been handed over is reported before the rest is named.
    @Test func whatIsAcknowledgedUntilTheEndIsReported() throws {
        let cluster = try Cluster(partitions: 1)
        let reports = Reports()
        let (isHeld, isFree) = (Monitor(false), Monitor(false))
        let outgoing = try Outgoing(configuration: cluster.kafka(["linger.ms": "0"]), logger: cluster.log.logger) {
            reports.add($0)
            isHeld.update { $0 = true }
            _ = isFree.wait { $0 ? true : nil }
        }
        try send(Samples.event("0"), token: 0, to: outgoing)
        Wait.until("the first report is held") { isHeld.read { $0 } }
        for token in 1..<100 as Range<UInt64> { try send(Samples.event("\(token)"), token: token, to: outgoing) }
        // They are on the broker, and their reports wait behind the first.
        #expect(try cluster.read(100, from: topic).count == 100)
        let left = Monitor<[UInt64]?>(nil)
        let ending = OSThread(name: "ending") {
            let tokens = outgoing.close()
            left.update { $0 = tokens }
        }
        Wait.until("it is ending") { (try? outgoing.send(Samples.event("late"), topic: topic, token: 100)) == false }
        isFree.update { $0 = true }
        ending.join()
        let delivered = reports.delivered.map(\.token).filter { $0 < 100 }
        let missing = try #require(left.read { $0 }).filter { $0 < 100 }
        #expect((delivered + missing).sorted() == Array(0..<100))
        #expect(delivered.count > 1, "only the first was reported")
    }

    @Test func closeNamesWhatHasNoReport() throws {
        let cluster = try Cluster()
        let reports = Reports()
        let outgoing = try Outgoing(configuration: cluster.kafka(), logger: cluster.log.logger, onReport: reports.add)
        try cluster.broker.stopBroker(1)
        for token in [5, 7, 6] as [UInt64] { try send(Samples.event("x"), token: token, to: outgoing) }
        #expect(outgoing.close() == [5, 6, 7])
        #expect(outgoing.unacknowledged == 0)
        #expect(reports.all.isEmpty)
        #expect(try outgoing.send(Samples.event("late"), topic: topic, token: 8) == false)
        #expect(outgoing.flush(timeout: .zero) == 0)
    }
}
