import Events
import Kafka
import Postgres
import Testing

@testable import Pipeline

/// The database side of persist, on a PostgreSQL of its own.
@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct PersistStoreTests {
    @Test func aLostConnectionIsMadeAnewByTheNextCall() throws {
        let cluster = try TemporaryCluster()
        let store = PersistStore(database: cluster.conninfo, clusterID: "one", group: "g")
        #expect(try store.connect().count == Schema.migrations.count)
        #expect(try store.offsets().isEmpty)
        try Connection(cluster.conninfo, applicationName: "tests").execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'iotpipe persist'")
        // The first call finds out, and is to be repeated.
        #expect(throws: PostgresError.self) { try store.offsets() }
        #expect(try store.offsets().isEmpty)
        #expect(try store.preparePartitions(for: [DayPartitions.day(of: .now)]).isEmpty)
    }

    @Test func offsetsThatAnotherMemberMovedFence() throws {
        let kafka = try Cluster(partitions: 1)
        let topics = kafka.topics
        // Malformed: they have no rows, only offsets.
        try kafka.send(
            Array(repeating: EncodedEvent(key: [1], value: [2], headers: []), count: 3), topic: topics.images)
        let messages = try kafka.read(3, from: topics.images)
        let partition = messages[0].topicPartition
        let database = try TemporaryCluster()
        let stores = (0..<2).map { _ in PersistStore(database: database.conninfo, clusterID: "one", group: "g") }
        for store in stores { _ = try store.connect() }
        func isFenced(_ store: PersistStore, at index: Int, after previous: Int64) throws -> Bool {
            var batch = PersistBatch()
            batch.add(messages[index], topics: topics)
            if case .fenced([partition]) = try store.write(batch, after: [partition: previous]) { return true }
            return false
        }
        #expect(try !isFenced(stores[0], at: 0, after: -1))
        #expect(try !isFenced(stores[1], at: 1, after: 1))
        #expect(try isFenced(stores[0], at: 2, after: 1))
        #expect(try stores[0].offsets() == [partition: StoredOffset(2, last: messages[1].identity)])
    }

    @Test func rowsOfADayThatIsArchivedMeanwhileBecomeDeadLetters() throws {
        let kafka = try Cluster(partitions: 1)
        try kafka.send([Samples.captured().encoded()], topic: kafka.topics.images)
        let message = try kafka.read(1, from: kafka.topics.images)[0]
        let database = try TemporaryCluster()
        let store = PersistStore(database: database.conninfo, clusterID: "one", group: "g")
        _ = try store.connect()
        var batch = PersistBatch()
        batch.add(message, topics: kafka.topics)
        #expect(try store.preparePartitions(for: batch.days).isEmpty)
        // After the day was prepared, before its rows are written.
        let connection = try Connection(database.conninfo, applicationName: "tests")
        let day = ArchivedDay(day: UTCDay(try #require(batch.days.first)), state: .exporting)
        #expect(try ArchivedDays(connection: connection).mark(day))
        guard case .archived(let days) = try store.write(batch, after: [:]) else {
            Issue.record("rows of an archived day were written")
            return
        }
        batch.rejectRows(of: ClosedDays(archived: days))
        #expect(batch.takeRejected().map(\.event.errorCode) == ["archivedDay"])
        guard case .stored(let counts) = try store.write(batch, after: [:]) else {
            Issue.record("the offset was not stored")
            return
        }
        #expect(counts.images == 0)
        #expect(try store.offsets() == [message.topicPartition: StoredOffset(1, last: message.identity)])
    }

    /// A restored day takes events however far back it is.
    @Test func daysBeyondTheLimitsAreTakenWhereTheyAreThere() throws {
        let database = try TemporaryCluster()
        let store = PersistStore(database: database.conninfo, clusterID: "one", group: "g")
        _ = try store.connect()
        let today = DayPartitions.day(of: .now)
        let (old, archived, far) = (today - 40, today - 50, today + 2)
        #expect(try store.preparePartitions(for: [old, archived, far, 0]).outside == [old, archived, far, 0])
        let connection = try Connection(database.conninfo, applicationName: "tests")
        for table in ["images", "inferences"] {
            let name = "\(table)_\(DayPartitions.date(of: old).replacing("-", with: "_"))"
            try connection.execute(
                """
                CREATE TABLE \(name) PARTITION OF \(table) FOR VALUES FROM ('\(DayPartitions.date(of: old)) 00:00:00+00')
                TO ('\(DayPartitions.date(of: old + 1)) 00:00:00+00')
                """)
        }
        #expect(try ArchivedDays(connection: connection).mark(ArchivedDay(day: UTCDay(archived), state: .dropped)))
        let closed = try store.preparePartitions(for: [old, archived, far, today])
        #expect(closed == ClosedDays(archived: [archived], outside: [far]))
    }

    /// Waiting would not make a partition of it.
    @Test func tableInTheWayOfADayIsNamed() throws {
        let database = try TemporaryCluster()
        let store = PersistStore(database: database.conninfo, clusterID: "one", group: "g")
        _ = try store.connect()
        let today = DayPartitions.day(of: .now)
        let name = "images_\(DayPartitions.date(of: today).replacing("-", with: "_"))"
        let connection = try Connection(database.conninfo, applicationName: "tests")
        try connection.execute("CREATE TABLE \(name) (LIKE images)")
        let error = #expect(throws: RoleError.self) { try store.preparePartitions(for: [today]) }
        #expect(error?.status == .badData && error?.message.contains("\(name) is there, but is no partition") == true)
    }
}
