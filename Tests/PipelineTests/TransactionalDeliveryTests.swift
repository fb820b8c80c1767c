import Events
import Kafka
import Testing
import Threads

@testable import Pipeline

/// On librdkafka's mock cluster, which shows aborted events too and forgets the offsets: what becomes of those is tested on
/// Apache Kafka.
@Suite struct TransactionalDeliveryTests {
    /// A member of a group with one partition, messages of it in work, and their delivery.
    private final class Work {
        let cluster: Cluster
        let tracker = CommitTracker()
        let delivered = Monitor<[String]>([])
        let partition = TopicPartition(topic: "iot.images", partition: 0)
        private let consumer: Consumer
        let delivery: TransactionalDelivery
        private(set) var tickets: [CommitTracker.Ticket] = []

        init(
            _ count: Int, interval: Duration = .milliseconds(10), _ properties: KeyValuePairs<String, String> = [:]
        ) throws {
            cluster = try Cluster(partitions: 1)
            var options = InferOptions(kafka: cluster.kafka(properties))
            options.delivery = .exactlyOnce
            consumer = try Consumer(configuration: options.consumerConfiguration, group: options.group)
            let consumer = consumer
            try consumer.subscribe(["iot.images"])
            try Wait.until("the group's member") {
                _ = try consumer.poll(maximum: 1, timeout: .milliseconds(50))
                return !consumer.assignment.isEmpty
            }
            let delivered = self.delivered
            delivery = try TransactionalDelivery(
                options.producerConfiguration, tracker: tracker, consumer: consumer, interval: interval,
                timeout: Wait.patience, logger: cluster.log.logger
            ) { outcome in delivered.update { $0.append(outcome.topic) } }
            tracker.add([partition])
            tickets = try (0..<count).map { try #require(self.tracker.begin(self.partition, offset: Int64($0))) }
        }

        deinit {
            delivery.close()
            consumer.close()
        }

        func outcome(_ index: Int, topic: String = "iot.inferences", bytes: Int = 4) -> Outcome {
            let text = String(repeating: " ", count: max(0, bytes - "\(index)".utf8.count)) + "\(index)"
            return Outcome(ticket: tickets[index], event: Samples.event(text), topic: topic)
        }

        func waitForDelivered(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) {
            Wait.until("\(count) delivered", sourceLocation: sourceLocation) { delivered.read { $0.count } >= count }
        }

        /// Values on the topic of results, aborted ones too.
        func values(_ count: Int) throws -> [Int] {
            try cluster.read(count, from: "iot.inferences").compactMap {
                Int(String(decoding: $0.value, as: UTF8.self).trimmingPrefix { $0 == " " })
            }
        }
    }

    @Test func resultsArriveInTheOrderOfTheirImages() throws {
        let work = try Work(4)
        work.delivery.send([work.outcome(2), work.outcome(1)])
        work.delivery.send([work.outcome(0)])
        work.delivery.send([work.outcome(3, topic: "iot.dead-letters")])
        work.waitForDelivered(4)
        #expect(try work.values(3) == [0, 1, 2])
        #expect(try work.cluster.read(1, from: "iot.dead-letters").count == 1)
        #expect(work.delivery.failure == nil)
    }

    /// Were it sent, a crash would have it made again: nothing has committed its offset.
    @Test func resultWaitsForThoseBeforeIt() throws {
        let work = try Work(3)
        work.delivery.send([work.outcome(0)])
        work.waitForDelivered(1)
        work.delivery.send([work.outcome(2)])
        // Two turns of the thread, in which it could be sent.
        for _ in 0..<2 { work.delivery.release([]) }
        #expect(work.delivered.read { $0.count } == 1)
        work.delivery.send([work.outcome(1)])
        work.waitForDelivered(3)
        #expect(try work.values(3) == [0, 1, 2])
    }

    @Test func skippedMessageHoldsNobodyUp() throws {
        let work = try Work(2)
        work.delivery.send([work.outcome(1)])
        work.tracker.finish(work.tickets[0])
        work.waitForDelivered(1)
        #expect(work.tracker.unfinished == 0)
    }

    /// The second refusal meets a static member that has joined anew after its connection broke.
    @Test(arguments: [EmbeddedBroker.Refusal.illegalGeneration, .fencedMember])
    func abortedTransactionIsMadeAgain(refusal: EmbeddedBroker.Refusal) throws {
        let work = try Work(3)
        work.cluster.broker.refuseNext(refusal)
        work.delivery.send((0..<3).map { work.outcome($0) })
        work.waitForDelivered(3)
        #expect(work.delivered.read { $0.count } == 3)
        // Those of the aborted one may be there, too.
        #expect(Set(try work.values(3)) == [0, 1, 2])
        #expect(work.cluster.log.text.contains("a transaction failed"))
        #expect(work.delivery.failure == nil)
    }

    @Test func anotherProcessOfTheSameNameEndsIt() throws {
        let work = try Work(1)
        work.cluster.broker.refuseNext(.producerFenced)
        work.delivery.send([work.outcome(0)])
        Wait.until("the failure") { work.delivery.failure != nil }
        #expect(work.delivery.failure?.code == .fenced)
        #expect(work.delivery.failure?.message.contains("iotpipe-infer-") == true)
        #expect(work.delivered.read { $0.isEmpty })
    }

    @Test func resultsOfAPartitionTakenAwayAreDropped() throws {
        let work = try Work(2)
        work.delivery.send([work.outcome(1)])
        work.tracker.remove([work.partition])
        work.delivery.send([work.outcome(0)])
        work.tracker.add([work.partition])
        let ticket = try #require(work.tracker.begin(work.partition, offset: 7))
        let outcome = Outcome(ticket: ticket, event: Samples.event("7"), topic: "iot.inferences")
        work.delivery.send([outcome])
        work.waitForDelivered(1)
        work.delivery.drain(timeout: Wait.patience)
        #expect(try work.values(1) == [7])
        #expect(work.delivered.read { $0.count } == 1)
    }

    @Test func drainDeliversWhatIsComplete() throws {
        // An interval that the drain must not wait for.
        let work = try Work(100, interval: .seconds(60))
        work.delivery.send([work.outcome(0)])
        work.waitForDelivered(1)
        work.delivery.send((1..<100).map { work.outcome($0) })
        let start = MonotonicClock.now
        work.delivery.drain(timeout: Wait.patience)
        #expect(work.delivered.read { $0.count } == 100)
        #expect(MonotonicClock.now - start < 20_000_000_000)
    }

    @Test func drainEndsWithItsTimeWhereTheBrokerIsAway() throws {
        let work = try Work(1)
        try work.cluster.broker.stopBroker(1)
        work.delivery.send([work.outcome(0)])
        let start = MonotonicClock.now
        work.delivery.drain(timeout: .milliseconds(500))
        #expect(MonotonicClock.now - start < 10_000_000_000)
        #expect(work.delivery.failure == nil && work.delivered.read { $0.isEmpty })
    }

    @Test func deadLetterThatIsTooLargeGoesWithoutItsValue() throws {
        let work = try Work(1, ["message.max.bytes": "2000"])
        let letter = DeadLetter(
            stage: .infer, errorCode: "x", message: "y", sourceTopic: "iot.images", partition: 0, offset: 0, key: nil,
            value: Array(repeating: 0, count: 5_000), headers: [], imageID: nil, occurredAt: .now)
        work.delivery.send([Outcome(ticket: work.tickets[0], event: letter.encoded(), topic: "iot.dead-letters")])
        work.waitForDelivered(1)
        let message = try work.cluster.read(1, from: "iot.dead-letters")[0]
        let read = try DeadLetter(headers: message.headers, key: message.key, value: message.value)
        #expect(read == letter.omittingValue())
    }

    @Test func roomComesWithTheNextTransaction() throws {
        let work = try Work(41)
        // More than may wait, all behind the first image.
        work.delivery.send((1..<41).map { work.outcome($0, bytes: 500_000) })
        let isThrough = Monitor(false)
        let delivery = work.delivery
        let waiting = OSThread(name: "waiting") {
            delivery.waitForRoom()
            isThrough.update { $0 = true }
        }
        work.delivery.release([])
        #expect(!isThrough.read { $0 })
        work.delivery.send([work.outcome(0)])
        waiting.join()
        work.waitForDelivered(41)
    }

    // MARK: - Options

    @Test func transactionsAreKnownByGroupAndName() throws {
        var options = InferOptions(kafka: KafkaConfiguration(bootstrapServers: "localhost:1"))
        #expect(try options.producerConfiguration["transactional.id"] == nil)
        options.delivery = .exactlyOnce
        let host = try #require(HostName.current)
        #expect(try options.producerConfiguration["transactional.id"] == "iotpipe-infer-\(host)")
        #expect(try options.producerConfiguration["transaction.timeout.ms"] == "10000")
        #expect(options.consumerConfiguration["isolation.level"] == "read_committed")
        options.kafka.set("group.instance.id", "infer-1")
        #expect(try options.producerConfiguration["transactional.id"] == "iotpipe-infer-infer-1")
        options.kafka.set("transactional.id", "mine")
        #expect(try options.producerConfiguration["transactional.id"] == "mine")
        options.delivery = .atLeastOnce
        #expect(throws: RoleError.self) { try options.producerConfiguration }
    }
}
