import Events
import Kafka
import Testing

@testable import Pipeline

/// Which stored offsets are gone on from. Two embedded brokers under one cluster's name are a topic made anew.
@Suite(.enabled(if: Database.isInstalled, "PostgreSQL is missing"))
struct OffsetGuardTests {
    private static let partition = TopicPartition(topic: "iot.images", partition: 0)
    private let database: Database
    private let store: PersistStore
    private let log = LogLines()

    init() throws {
        database = try Database()
        store = PersistStore(database: database.conninfo, clusterID: "one", group: "iotpipe-persist")
        _ = try store.connect()
    }

    private func cluster(holding count: Int) throws -> Cluster {
        let cluster = try Cluster(partitions: 1)
        let events = (0..<count).map { Samples.event("message \($0) of \(cluster.broker.bootstrapServers)") }
        try cluster.send(events, topic: "iot.images")
        return cluster
    }

    /// Stores the offset after the messages that there are.
    private func storeAll(of cluster: Cluster, _ count: Int) throws {
        var batch = PersistBatch()
        for message in try cluster.read(count, from: "iot.images") {
            batch.add(message, topics: cluster.topics)
        }
        guard case .stored = try store.write(batch, after: [:]) else {
            Issue.record("not stored")
            return
        }
    }

    private func start(_ cluster: Cluster, _ policy: PersistOptions.OffsetGapPolicy = .fail) throws -> Int64? {
        var options = PersistOptions(kafka: cluster.kafka())
        options.onOffsetGap = policy
        let offsets = OffsetGuard(
            options: options, store: store, admin: try Admin(configuration: cluster.kafka()), logger: log.logger)
        return try offsets.starts(for: [OffsetGuardTests.partition])[OffsetGuardTests.partition]
    }

    @Test func beginsWithTheEarliestAndGoesOnWhereItStopped() throws {
        let cluster = try cluster(holding: 3)
        #expect(try start(cluster) == 0)
        #expect(try store.offsets() == [OffsetGuardTests.partition: StoredOffset(0)])
        #expect(try start(cluster) == 0)
    }

    @Test func sameTopicWithMoreMessagesIsGoneOnWith() throws {
        let cluster = try cluster(holding: 3)
        try storeAll(of: cluster, 3)
        #expect(try start(cluster) == 3)
        try cluster.send([Samples.event("more")], topic: "iot.images")
        #expect(try start(cluster) == 3)
        #expect(log.text.isEmpty)
    }

    @Test func shorterTopicIsRefused() throws {
        try storeAll(of: cluster(holding: 3), 3)
        let anew = try cluster(holding: 2)
        let error = thrown(RoleError.self) { try start(anew) }
        #expect(error?.message.contains("offset 3 comes next, but the broker holds 0 to 2") == true)
        #expect(try start(anew, .earliest) == 0)
        #expect(try start(anew) == 0)
    }

    @Test(arguments: [3, 8])
    func topicMadeAnewIsRefusedHoweverLongItIs(count: Int) throws {
        try storeAll(of: cluster(holding: 3), 3)
        let anew = try cluster(holding: count)
        let error = thrown(RoleError.self) { try start(anew) }
        #expect(error?.status == .badData)
        #expect(error?.message.contains("iot.images partition 0: the message at offset 2 is not the one") == true)
        #expect(error?.message.contains("made anew") == true)
        #expect(try start(anew, .earliest) == 0)
        #expect(log.count(of: "made anew") == 1)
        #expect(try start(anew) == 0)
    }

    @Test func offsetsFromBeforeTheirLastMessageWasStoredAreTrusted() throws {
        try storeAll(of: cluster(holding: 3), 3)
        try database.connection.execute("UPDATE consumer_offsets SET last_message = NULL")
        #expect(try start(try cluster(holding: 5)) == 3)
    }

    @Test func anotherClusterIsRefusedAndNamed() throws {
        try storeAll(of: cluster(holding: 3), 3)
        try database.connection.execute("UPDATE consumer_offsets SET cluster_id = 'before'")
        let cluster = try cluster(holding: 5)
        let error = thrown(RoleError.self) { try start(cluster) }
        #expect(error?.status == .badData)
        for words in ["before", "one", "iotpipe-persist", "--on-offset-gap earliest"] {
            #expect(error?.message.contains(words) == true, "\(words)")
        }
        #expect(try start(cluster, .earliest) == 0)
        // From here on both are known.
        #expect(try start(cluster) == 0)
    }
}
