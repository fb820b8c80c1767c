import Events
import Kafka
import Testing

@testable import Pipeline

/// persist as a whole, with an embedded broker and a PostgreSQL of its own.
@Suite(.enabled(if: Database.isInstalled, "PostgreSQL is missing"))
struct PersistRoleTests {
    private let cluster: Cluster
    private let database: Database

    init() throws {
        cluster = try Cluster()
        database = try Database()
    }

    private func send(_ count: Int, bytes: Int = 100, partition: Int32 = -1, to cluster: Cluster? = nil) throws {
        let events = (0..<count).map { Samples.captured(device: "cam-\($0)", bytes: bytes).encoded() }
        try (cluster ?? self.cluster).send(events, topic: "iot.images", partition: partition)
    }

    private func waitForImages(_ count: Int, _ persist: PersistThread) throws {
        try Wait.until("\(count) images are stored") { try database.count("images") >= count }
        #expect(try database.count("images") == count, "\(persist.log.text)")
    }

    @Test func everyKindIsStoredOnceAndTheBadAloneBecomeDeadLetters() throws {
        let image = Samples.captured().encoded()
        let result = try Samples.classified().encoded()
        let bad = Samples.event("no image")
        try cluster.send([image, bad, image, bad], topic: "iot.images", partition: 0)
        try cluster.send([result, result], topic: "iot.inferences", partition: 1)
        let persist = PersistThread(cluster, database)
        try Wait.until("dead letters are stored") { try database.count("dead_letters") == 2 }
        try waitForImages(1, persist)
        let summary = try persist.stop()
        #expect(try database.count("inferences") == 1)
        #expect(summary.images == 1 && summary.inferences == 1 && summary.deadLetters == 2 && summary.duplicates == 2)
    }

    /// A full batch is stored at once, one that is not when its time is up.
    @Test func batchesEndBySizeAndByTime() throws {
        try send(95, partition: 0)
        let persist = PersistThread(cluster, database, batch: 10)
        try waitForImages(95, persist)
        #expect(try persist.stop().transactions >= 10)
    }

    // MARK: - Outages

    @Test func databaseOutageLosesNothingAndKeepsTheMember() throws {
        let persist = PersistThread(cluster, database)
        try send(10)
        try waitForImages(10, persist)
        try database.takeAway()
        try send(300)
        Wait.until("the outage is noticed") { persist.log.count(of: "a server is away") > 0 }
        try send(300)
        try database.bringBack()
        try waitForImages(610, persist)
        _ = try persist.stop()
        #expect(try database.count("dead_letters") == 0)
        #expect(persist.log.count(of: "partitions assigned") == 1)
        #expect(persist.log.count(of: "all servers are back") == 1)
    }

    @Test func stopWaitsForTheDatabaseAndStoresWhatWasRead() throws {
        let persist = PersistThread(cluster, database, drainTimeout: Wait.patience)
        try send(10)
        try waitForImages(10, persist)
        try database.takeAway()
        try send(50)
        Wait.until("the outage is noticed") { persist.log.count(of: "a server is away") > 0 }
        persist.request()
        let attempts = persist.log.count(of: "a server is away")
        Wait.until("it tries on") { persist.log.count(of: "a server is away") > attempts + 1 }
        try database.bringBack()
        let summary = try persist.end()
        // What had been read when the outage was noticed; the rest is the next one's.
        #expect(summary.images > 10)
        #expect(try database.count("images") == summary.images)
    }

    /// Nothing is wrong with persist then: what it had read is read again.
    @Test func stopEndsWithItsTimeWhileTheDatabaseIsAway() throws {
        let persist = PersistThread(cluster, database, drainTimeout: .milliseconds(300))
        try send(10)
        try waitForImages(10, persist)
        try database.takeAway()
        try send(50)
        Wait.until("the outage is noticed") { persist.log.count(of: "a server is away") > 0 }
        #expect(try persist.stop().images == 10)
        #expect(persist.log.count(of: "stopped while a server is away") == 1)
        try database.bringBack()
        let next = PersistThread(cluster, database)
        try waitForImages(60, next)
        _ = try next.stop()
    }

    /// What a member is given while the database is away waits for its place; the group does not.
    @Test(arguments: ["range", "cooperative-sticky"])
    func rebalanceDuringAnOutage(strategy: String) throws {
        let persist = PersistThread(cluster, database, ["partition.assignment.strategy": strategy])
        try send(10)
        try waitForImages(10, persist)
        try database.takeAway()
        try send(100)
        Wait.until("the outage is noticed") { persist.log.count(of: "a server is away") > 0 }
        let other = try Consumer(
            configuration: cluster.kafka(["partition.assignment.strategy": strategy]), group: "iotpipe-persist")
        try other.subscribe(cluster.topics.all)
        try Wait.until("the other member has partitions") {
            _ = try other.poll(maximum: 1, timeout: .milliseconds(50))
            return !other.assignment.isEmpty
        }
        try send(100)
        let before = persist.log.count(of: "partitions assigned")
        other.close()
        Wait.until("all partitions are back") { persist.log.count(of: "partitions assigned") > before }
        try database.bringBack()
        try waitForImages(210, persist)
        _ = try persist.stop()
        #expect(try database.count("dead_letters") == 0)
    }

    /// A write that hangs keeps nothing from the group: what is read meanwhile, or given away, comes in its turn.
    @Test(arguments: ["range", "cooperative-sticky"])
    func rebalanceDuringASlowWrite(strategy: String) throws {
        let assignor = ["partition.assignment.strategy": strategy] as KeyValuePairs
        let persist = PersistThread(cluster, database, batch: 50, patience: .milliseconds(50), assignor)
        try send(10)
        try waitForImages(10, persist)
        try database.connection.execute("BEGIN; LOCK TABLE images IN EXCLUSIVE MODE")
        try send(200)
        try Wait.until("the write waits for the lock") {
            try database.count("pg_locks WHERE NOT granted AND relation = 'images'::regclass") > 0
        }
        let other = try Consumer(configuration: cluster.kafka(assignor), group: "iotpipe-persist")
        try other.subscribe(cluster.topics.all)
        try Wait.until("the other member has partitions") {
            _ = try other.poll(maximum: 1, timeout: .milliseconds(50))
            return !other.assignment.isEmpty
        }
        let before = persist.log.count(of: "partitions assigned")
        other.close()
        try send(100)
        try database.connection.execute("COMMIT")
        Wait.until("all partitions are back") { persist.log.count(of: "partitions assigned") > before }
        try waitForImages(310, persist)
        let summary = try persist.stop()
        #expect(summary.images == 310, "what a given-up write had stored counts, too")
        #expect(persist.log.count(of: "another member has taken over") == 0)
    }

    @Test func brokerOutageWhileADeadLetterWaits() throws {
        let persist = PersistThread(cluster, database, ["message.timeout.ms": "1000"])
        try send(10)
        try waitForImages(10, persist)
        try database.takeAway()
        try cluster.send([Samples.event("no image")], topic: "iot.images")
        Wait.until("the outage is noticed") { persist.log.count(of: "a server is away") > 0 }
        try cluster.broker.stopBroker(1)
        try database.bringBack()
        Wait.until("the dead letter is on its way") { persist.log.count(of: "sent to iot.dead-letters") > 0 }
        #expect(try database.count("dead_letters") == 0)
        try cluster.broker.startBroker(1)
        try Wait.until("the dead letter is stored") { try database.count("dead_letters") == 1 }
        try send(10)
        try waitForImages(20, persist)
        _ = try persist.stop()
        #expect(try database.count("dead_letters") == 1)
    }

    // MARK: - Two members

    @Test(arguments: ["range", "cooperative-sticky"])
    func aSecondMemberTakesItsShare(strategy: String) throws {
        let first = PersistThread(cluster, database, ["partition.assignment.strategy": strategy])
        try send(100)
        try waitForImages(100, first)
        let second = PersistThread(cluster, database, ["partition.assignment.strategy": strategy])
        Wait.until("the second has partitions") { second.log.count(of: "partitions assigned partitions=iot.") > 0 }
        try send(500)
        try waitForImages(600, first)
        let part = try second.stop()
        try send(100)
        try waitForImages(700, first)
        let rest = try first.stop()
        #expect(part.images > 0 && part.images + rest.images == 700)
        #expect(part.duplicates + rest.duplicates == 0)
    }

    // MARK: - Offsets that do not fit

    /// The embedded broker keeps 5 MiB of a partition.
    @Test func retentionThatPassesTheOffsetStopsIt() throws {
        let persist = PersistThread(cluster, database)
        try send(10, partition: 0)
        try waitForImages(10, persist)
        try database.takeAway()
        try send(1, partition: 0)
        Wait.until("the outage is noticed") { persist.log.count(of: "a server is away") > 1 }
        try send(120, bytes: 100_000, partition: 0)
        try database.bringBack()
        let error = thrown(RoleError.self) { try persist.end() }
        #expect(error?.status == .badData)
        #expect(error?.message.contains("iot.images partition 0") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("messages are missing, from offset 1") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("--on-offset-gap earliest") == true)
    }

    @Test func retentionThatPassesTheOffsetIsLoggedWhereItsUserGoesOn() throws {
        let persist = PersistThread(cluster, database, onOffsetGap: .earliest)
        try send(10, partition: 0)
        try waitForImages(10, persist)
        try database.takeAway()
        try send(1, partition: 0)
        Wait.until("the outage is noticed") { persist.log.count(of: "a server is away") > 1 }
        try send(120, bytes: 100_000, partition: 0)
        try database.bringBack()
        try Wait.until("the last image is stored") {
            try database.count("consumer_offsets WHERE topic = 'iot.images' AND next_offset = 131") == 1
        }
        _ = try persist.stop()
        #expect(persist.log.count(of: "messages are missing") == 1, "\(persist.log.text)")
        let (images, stored) = try (database.count("images"), database.count("images WHERE kafka_offset > 10"))
        #expect((30...70).contains(stored) && images <= stored + 11, "\(images), \(stored)")
    }

    @Test func anotherClusterStopsItUntilItsUserDecides() throws {
        let persist = PersistThread(cluster, database)
        try send(10)
        try waitForImages(10, persist)
        _ = try persist.stop()
        let other = try Cluster()
        try send(5, to: other)
        let error = thrown(RoleError.self) { try PersistThread(other, database).end() }
        #expect(error?.status == .badData)
        let names = try [cluster, other].map {
            try Admin(configuration: $0.kafka()).metadata(timeout: Wait.patience).clusterID ?? "?"
        }
        for name in names { #expect(error?.message.contains(name) == true, "\(error?.message ?? "")") }
        let accepting = PersistThread(other, database, onOffsetGap: .earliest)
        try waitForImages(15, accepting)
        _ = try accepting.stop()
        // Decided once and for all.
        try send(5, to: other)
        let next = PersistThread(other, database)
        try waitForImages(20, next)
        _ = try next.stop()
    }
}
