import Events
import Kafka
import Synchronization
import Testing
import Threads

@testable import Pipeline

@Suite struct ResultSenderTests {
    private let source = TopicPartition(topic: "iot.images", partition: 0)

    /// A sender with messages in work.
    private final class Work {
        let tracker = CommitTracker()
        let acknowledged = Monitor<[Outcome]>([])
        let sender: ResultSender
        private(set) var tickets: [CommitTracker.Ticket] = []

        init(_ cluster: Cluster, count: Int, _ properties: KeyValuePairs<String, String> = [:]) throws {
            let source = TopicPartition(topic: "iot.images", partition: 0)
            let acknowledged = self.acknowledged
            sender = try ResultSender(
                configuration: cluster.kafka(properties), tracker: tracker, logger: cluster.log.logger
            ) { outcome in acknowledged.update { $0.append(outcome) } }
            tracker.add([source])
            tickets = try (0..<count).map { try #require(self.tracker.begin(source, offset: Int64($0))) }
        }

        deinit { sender.close() }

        func send(_ index: Int, topic: String = "iot.inferences", isRight: Bool? = nil) {
            sender.send(
                Outcome(ticket: tickets[index], event: Samples.event("\(index)"), topic: topic, isRight: isRight))
        }

        func waitUntilIdle() -> Bool {
            tracker.waitUntilIdle(until: MonotonicClock.deadline(after: Wait.patience))
        }
    }

    @Test func ticketsAreFinishedByTheBrokersWord() throws {
        let cluster = try Cluster()
        let work = try Work(cluster, count: 20)
        for index in 0..<20 {
            work.send(
                index, topic: index == 7 ? "iot.dead-letters" : "iot.inferences", isRight: index == 3 ? true : nil)
        }
        #expect(work.waitUntilIdle())
        #expect(work.tracker.takeCommittable() == [TopicPartitionOffset(source, 20)])
        Wait.until("all are counted") { work.acknowledged.read { $0.count } == 20 }
        #expect(work.acknowledged.read { $0.count { $0.topic == "iot.dead-letters" } } == 1)
        #expect(work.acknowledged.read { $0.filter { $0.isRight == true }.map(\.ticket.offset) } == [3])
        #expect(work.sender.failure == nil)
        #expect(try cluster.read(19, from: "iot.inferences").count == 19)
        #expect(try cluster.read(1, from: "iot.dead-letters").count == 1)
    }

    @Test func nothingIsCommittedThatTheBrokerHasNotAcknowledged() throws {
        let cluster = try Cluster()
        let work = try Work(cluster, count: 2)
        work.send(0)
        work.sender.flush(timeout: .milliseconds(200))
        Wait.until("the first is acknowledged") { work.tracker.unfinished == 1 }
        try cluster.broker.stopBroker(1)
        work.send(1)
        work.sender.flush(timeout: .milliseconds(200))
        #expect(work.tracker.takeCommittable() == [TopicPartitionOffset(source, 1)])
        try cluster.broker.startBroker(1)
        work.sender.flush(timeout: Wait.patience)
        #expect(work.tracker.takeCommittable() == [TopicPartitionOffset(source, 2)])
    }

    /// Messages time out after a second here; by default after five minutes.
    @Test func whatTimesOutIsSentAgain() throws {
        let cluster = try Cluster()
        let work = try Work(cluster, count: 10, ["message.timeout.ms": "1000"])
        try cluster.broker.stopBroker(1)
        for index in 0..<10 { work.send(index) }
        // By the first result sent again, a second has passed.
        work.sender.flush(timeout: .milliseconds(1_500))
        #expect(work.tracker.unfinished == 10 && work.sender.failure == nil)
        try cluster.broker.startBroker(1)
        work.sender.flush(timeout: Wait.patience)
        #expect(work.tracker.unfinished == 0)
        let values = try cluster.read(10, from: "iot.inferences").map { String(decoding: $0.value, as: UTF8.self) }
        #expect(Set(values) == Set((0..<10).map(String.init)))
    }

    @Test func whatNoRepetitionMendsIsAFailure() throws {
        let cluster = try Cluster()
        let work = try Work(cluster, count: 1, ["message.max.bytes": "2000"])
        let large = EncodedEvent(key: nil, value: Array(repeating: 0, count: 5_000), headers: [])
        work.sender.send(Outcome(ticket: work.tickets[0], event: large, topic: "iot.inferences"))
        #expect(work.sender.failure?.code == .messageTooLarge)
        #expect(work.tracker.takeCommittable().isEmpty)
    }

    @Test func deadLetterThatIsTooLargeGoesWithoutItsValue() throws {
        let cluster = try Cluster()
        let work = try Work(cluster, count: 1, ["message.max.bytes": "2000"])
        let letter = DeadLetter(
            stage: .infer, errorCode: "x", message: "y", sourceTopic: "iot.images", partition: 0, offset: 0, key: nil,
            value: Array(repeating: 0, count: 5_000), headers: [], imageID: nil, occurredAt: .now)
        work.sender.send(Outcome(ticket: work.tickets[0], event: letter.encoded(), topic: "iot.dead-letters"))
        work.sender.flush(timeout: Wait.patience)
        #expect(work.sender.failure == nil)
        #expect(work.tracker.takeCommittable() == [TopicPartitionOffset(source, 1)])
        let message = try cluster.read(1, from: "iot.dead-letters")[0]
        let read = try DeadLetter(headers: message.headers, key: message.key, value: message.value)
        #expect(read == letter.omittingValue())
    }

    @Test func ticketOfARevokedPartitionIsSentInVain() throws {
        let cluster = try Cluster()
        let work = try Work(cluster, count: 1)
        work.tracker.remove([source])
        work.send(0)
        Wait.until("it is acknowledged all the same") { work.acknowledged.read { $0.count } == 1 }
        #expect(work.tracker.takeCommittable().isEmpty)
    }
}
