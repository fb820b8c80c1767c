import Events
import Kafka
import Postgres

/// The database side of persist: one connection, made anew after each failure.
final class PersistStore: @unchecked Sendable {
    // `@unchecked`: used by one thread at a time, which its owner sees to.
    /// What became of a batch. Unless it was stored nothing was written.
    enum Outcome {
        /// Rows and offsets are committed.
        case stored(PersistSummary)
        /// The stored offsets of these partitions are not the ones this member stored last.
        case fenced([TopicPartition])
        /// These days were archived meanwhile.
        case archived(Set<Int64>)
        /// The server refuses these rows for what is in them.
        case refused([RefusedRow])
    }

    private let database: String?
    private let offsetTable: OffsetTable
    private var connection: Connection?
    private var days = DayPartitions()
    /// What the last transaction would have stored whose commit got no answer.
    private var unconfirmed: (next: [TopicPartition: Int64], counts: PersistSummary)?

    /// - Parameters:
    ///   - database: as libpq takes it; nil for its environment variables.
    ///   - clusterID: the Kafka cluster's, part of an offset's key: another cluster has other offsets.
    init(database: String?, clusterID: String, group: String) {
        self.database = database
        offsetTable = OffsetTable(clusterID: clusterID, group: group)
    }

    /// The Kafka cluster whose offsets these are.
    var clusterID: String { offsetTable.clusterID }
    /// The consumer group whose offsets these are.
    var group: String { offsetTable.group }

    // MARK: - The connection

    /// Connects and brings the tables up to date.
    ///
    /// - Returns: the names of the migrations that were applied now.
    func connect() throws -> [String] {
        connection = nil
        days.forget()
        let fresh = try Connection(database, applicationName: "iotpipe persist")
        let applied = try Migrator(Schema.migrations).run(on: fresh)
        try fresh.execute(PersistRows.stagingTables + PersistStore.limits)
        connection = fresh
        return applied
    }

    /// Nothing waits for ever: not this side for a lock or a stuck disk, nor the server, with locks held, for a client
    /// that is gone.
    private static let limits = """
        SET lock_timeout = '10s';
        SET statement_timeout = '120s';
        SET idle_in_transaction_session_timeout = '60s';
        SET tcp_keepalives_idle = 10;
        SET tcp_keepalives_interval = 5;
        SET tcp_keepalives_count = 3;
        """

    /// Uses the connection, made anew where it was lost: whoever repeats a call after an outage gets a new one.
    private func connected<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        if connection?.isUsable != true { _ = try connect() }
        guard let connection else { throw PostgresError(.connectionLost, "not connected to PostgreSQL") }
        do {
            return try body(connection)
        } catch let error as PostgresError where error.code == .connectionLost {
            self.connection = nil
            throw error
        }
    }

    // MARK: - Offsets

    /// How far each partition of this group is stored.
    func offsets() throws -> [TopicPartition: StoredOffset] {
        try connected { try offsetTable.read(on: $0) }
    }

    /// The other clusters for which this group has stored offsets of these topics, the latest first.
    func otherClusters(of topics: [String]) throws -> [String] {
        try connected { try offsetTable.otherClusters(of: topics, on: $0) }
    }

    /// Notes where a partition begins of which nothing was stored yet.
    ///
    /// - Returns: false where another member was faster.
    func begin(_ partition: TopicPartition, at offset: Int64) throws -> Bool {
        try connected { try offsetTable.begin(partition, at: offset, on: $0) }
    }

    /// Puts a stored offset back, where the operator has chosen to go on from what the broker still holds.
    ///
    /// - Returns: false where the offset is not `old` any more.
    func reset(_ partition: TopicPartition, from old: Int64, to new: Int64) throws -> Bool {
        try connected { try offsetTable.reset(partition, from: old, to: new, on: $0) }
    }

    // MARK: - Batches

    /// Makes the partitions of those days that are missing.
    ///
    /// - Returns: the days among them whose events must not be stored.
    func preparePartitions(for batchDays: Set<Int64>) throws -> ClosedDays {
        try connected { try days.ensure(batchDays, on: $0) }
    }

    /// Stores a batch: rows and offsets in one transaction.
    ///
    /// - Parameter previous: the offset stored last, by partition; -1 where there is none.
    func write(_ batch: PersistBatch, after previous: [TopicPartition: Int64]) throws -> Outcome {
        try connected { try write(batch, after: previous, on: $0) }
    }

    private func write(
        _ batch: PersistBatch, after previous: [TopicPartition: Int64], on connection: Connection
    ) throws -> Outcome {
        var counts: PersistSummary?
        do {
            let stored = try connection.transaction { () -> PersistSummary in
                // First of all: the rows of `consumer_offsets` are locked until the end, so of two members that believe to
                // own a partition one finds itself fenced.
                let fenced = try offsetTable.advance(batch.progress, after: previous, on: connection)
                if !fenced.isEmpty { throw NotStored(.fenced(fenced)) }
                #if BROKEN_DELIVERY
                    if Sabotage.isAsked(of: "persist") { try connection.execute("COMMIT; BEGIN") }
                #endif
                let archived = try days.lockAndCheck(batch.days, on: connection)
                if !archived.isEmpty { throw NotStored(.archived(archived)) }
                let inserted = try insertRows(of: batch, on: connection)
                counts = inserted
                return inserted
            }
            unconfirmed = nil
            return .stored(stored)
        } catch let error as NotStored {
            guard case .fenced = error.outcome, let own = try confirmed(batch) else { return error.outcome }
            return .stored(own)
        } catch let error as PostgresError {
            // Everything was written, and the commit failed: only the database knows whether it took place.
            if let counts { unconfirmed = (batch.next, counts) }
            if error.lacksPartition { days.forget() }
            throw error
        }
    }

    /// What this batch had stored before the connection was lost, where that commit took place after all.
    private func confirmed(_ batch: PersistBatch) throws -> PersistSummary? {
        guard let own = unconfirmed else { return nil }
        let known = try offsets()
        unconfirmed = nil
        let isOwn = batch.next.allSatisfy { own.next[$0.key] == $0.value && known[$0.key]?.next == $0.value }
        return isOwn ? own.counts : nil
    }

    /// Rolls the transaction back.
    private struct NotStored: Error {
        let outcome: Outcome

        init(_ outcome: Outcome) {
            self.outcome = outcome
        }
    }

    // MARK: - Rows

    private func insertRows(of batch: PersistBatch, on connection: Connection) throws -> PersistSummary {
        var counts = PersistSummary()
        counts.transactions = 1
        var rows = PersistRows(on: connection, clusterID: clusterID)
        counts.images = try rows.insert(images: batch.images)
        counts.inferences = try rows.insert(inferences: batch.inferences)
        var refused = rows.refused
        for item in batch.deadLetters {
            do {
                counts.deadLetters += try connection.savepoint {
                    try DeadLetterRows.insert(item.event, clusterID: clusterID, on: connection)
                }
            } catch let error as PostgresError where error.refusesRow || error.code == .invalidValue {
                refused.append(RefusedRow(message: item.message, reason: "\(error)"))
            }
        }
        if !refused.isEmpty { throw NotStored(.refused(refused)) }
        counts.duplicates =
            batch.images.count + batch.inferences.count + batch.deadLetters.count - counts.images - counts.inferences
            - counts.deadLetters
        return counts
    }
}
