import Events
import Kafka
import Synchronization
import Testing
import Threads

@testable import Pipeline

@Suite struct DeadLetterSenderTests {
    private func sender(_ cluster: Cluster, _ properties: KeyValuePairs<String, String> = [:]) throws
        -> DeadLetterSender
    {
        try DeadLetterSender(
            configuration: cluster.kafka(properties), topic: "iot.dead-letters", logger: cluster.log.logger)
    }

    @Test func lettersAreOnTheBrokerWhenSendReturns() throws {
        let cluster = try Cluster()
        let sender = try sender(cluster)
        defer { sender.close() }
        let letters = (0..<5).map { Samples.deadLetter(about: EventIdentifier.make(), offset: Int64($0)) }
        try sender.send(letters) { false }
        try sender.send([]) { false }
        let read = try cluster.read(5, from: "iot.dead-letters").map {
            try DeadLetter(headers: $0.headers, key: $0.key, value: $0.value)
        }
        #expect(read.sorted { $0.offset < $1.offset } == letters)
    }

    @Test func stopEndsTheWaitWithTheMessagesUnread() throws {
        let cluster = try Cluster()
        let sender = try sender(cluster)
        defer { sender.close() }
        try cluster.broker.stopBroker(1)
        let error = thrown(RoleError.self) {
            try sender.send([Samples.deadLetter(about: nil)]) { true }
        }
        #expect(error?.status == .temporaryFailure)
    }

    @Test func letterThatTimesOutIsSentAgain() throws {
        let cluster = try Cluster()
        let sender = try sender(cluster, ["message.timeout.ms": "1000"])
        defer { sender.close() }
        try cluster.broker.stopBroker(1)
        let started = MonotonicClock.now
        let isBack = Mutex(false)
        try sender.send([Samples.deadLetter(about: nil)]) {
            // Past the first time-out.
            if MonotonicClock.now > started + 1_500_000_000, !isBack.withLock({ $0 }) {
                isBack.withLock { $0 = true }
                try? cluster.broker.startBroker(1)
            }
            return false
        }
        #expect(isBack.withLock { $0 })
        #expect(try cluster.read(1, from: "iot.dead-letters").count == 1)
    }

    private func letter(
        bytes: Int = 5_000, headers: [MessageHeader] = [], errorCode: String = "x", offset: Int64 = 0
    ) -> DeadLetter {
        DeadLetter(
            stage: .persist, errorCode: errorCode, message: "y", sourceTopic: "iot.images", partition: 0,
            offset: offset, key: [1], value: Array(repeating: 0, count: bytes), headers: headers, imageID: nil,
            occurredAt: .now)
    }

    private func stored(_ count: Int, in cluster: Cluster) throws -> [DeadLetter] {
        try cluster.read(count, from: "iot.dead-letters").map {
            try DeadLetter(headers: $0.headers, key: $0.key, value: $0.value)
        }
    }

    @Test func letterThatIsTooLargeGoesWithoutItsValue() throws {
        let cluster = try Cluster()
        let sender = try sender(cluster, ["message.max.bytes": "2000"])
        defer { sender.close() }
        let (large, small) = (letter(), letter(bytes: 10, offset: 1))
        try sender.send([large, small]) { false }
        let read = try stored(2, in: cluster).sorted { $0.offset < $1.offset }
        #expect(read == [large.omittingValue(), small])
        #expect(cluster.log.count(of: "too large for the broker") == 1)
    }

    @Test func letterWhoseHeadersAreTooLargeGoesInItsShortestForm() throws {
        let cluster = try Cluster()
        let sender = try sender(cluster, ["message.max.bytes": "2000"])
        defer { sender.close() }
        let large = letter(bytes: 10, headers: [MessageHeader("x", Array(repeating: 1, count: 3_000))])
        try sender.send([large]) { false }
        #expect(try stored(1, in: cluster) == [large.omittingOriginal()])
    }

    @Test func letterThatIsTooLargeInItsShortestFormIsAnError() throws {
        let cluster = try Cluster()
        let sender = try sender(cluster, ["message.max.bytes": "1000"])
        defer { sender.close() }
        let large = letter(errorCode: String(repeating: "e", count: 800))
        let error = thrown(KafkaError.self) { try sender.send([large]) { false } }
        #expect(error?.code == .messageTooLarge)
    }
}
