import Events
import FoundationEssentials
import Kafka
import Postgres
import Telemetry

/// Puts the originals of dead letters back on their source topics.
///
/// A letter is noted as replayed only when the broker has acknowledged its message. Where that is cut short, a second
/// replay sends it again under the same ids, which are recognised downstream. Belongs to one thread.
public final class DeadLetterReplay {
    private let options: DeadLetterReplayOptions
    private let logger: Logger
    private let onLine: (String) -> Void
    private let table: DeadLetterTable
    private let cluster: ClusterMetadata
    private let clusterID: String
    private let sender: ReplaySender
    private let originals: ReplayOriginals
    private var summary = DeadLetterReplaySummary()
    /// Messages that are to be sent next, and their bytes.
    private var prepared: [Prepared] = []
    private var preparedBytes = 0
    /// Set where the broker does not acknowledge: the rest is not tried then.
    private var hasGivenUp = false

    private struct Prepared {
        let entry: DeadLetterEntry
        let event: EncodedEvent
        let partition: Int32
    }

    /// Connects to database and broker.
    ///
    /// - Parameter onLine: told of each refused letter, and of each letter in a dry run.
    /// - Throws: `PostgresError`, `KafkaError`, `RoleError`.
    public init(options: DeadLetterReplayOptions, logger: Logger, onLine: @escaping (String) -> Void) throws {
        self.options = options
        self.logger = logger
        self.onLine = onLine
        let replacement = try ReplayOriginals.replacement(options)
        table = try DeadLetterTable(database: options.database)
        cluster = try Admin(configuration: options.kafka).metadata(timeout: options.timeout)
        clusterID = cluster.clusterID ?? "unknown"
        sender = try ReplaySender(configuration: options.kafka, timeout: options.timeout, logger: logger)
        originals = ReplayOriginals(
            options: options, table: table, clusterID: clusterID, replacement: replacement,
            reader: try OriginalReader(configuration: options.kafka, timeout: options.timeout))
        summary.isDryRun = options.isDryRun
    }

    /// Replays what was selected.
    ///
    /// - Throws: `PostgresError` where the database is lost; `KafkaError` where the producer cannot be made anew.
    public func run() throws -> DeadLetterReplaySummary {
        defer {
            sender.close()
            originals.reader.close()
        }
        do {
            try replaySelection()
        } catch {
            // What the broker has acknowledged, or does yet, is noted all the same.
            try? settleAll()
            throw error
        }
        return summary
    }

    private func replaySelection() throws {
        switch options.selection {
        case .ids(let ids):
            for id in ids {
                let entries = try table.entries(id, cluster: options.cluster)
                if entries.isEmpty {
                    refuse(id, "there is no such dead letter: `iotpipe dead-letters list` shows them")
                }
                for entry in entries { try prepare(entry) }
            }
        case .filter(let filter):
            var previous: DeadLetterEntry?
            while true {
                let page = try table.page(filter, after: previous, limit: 500)
                for entry in page { try prepare(entry) }
                // What is not noted yet would be on the next page where it was adopted meanwhile.
                try sendPrepared()
                try settleAll()
                guard let last = page.last else { break }
                previous = last
            }
        }
        try sendPrepared()
        try settleAll()
    }

    // MARK: - One letter

    private func prepare(_ entry: DeadLetterEntry) throws {
        guard !hasGivenUp else {
            summary.unacknowledged += 1
            return
        }
        do {
            let isNamed = try originals.checkCluster(of: entry)
            guard let topic = cluster.topic(named: entry.id.topic) else {
                throw DeadLetterRefusal("topic \(entry.id.topic) does not exist on the broker: make it first")
            }
            let event = try originals.message(of: entry, isNamed: isNamed)
            // Where it was, so that a device's messages stay together; else its key decides.
            let partition = topic.partitions.contains { $0.id == entry.id.partition } ? entry.id.partition : -1
            if options.isDryRun {
                let place = "\(entry.id.topic), partition \(partition < 0 ? "by its key" : "\(partition)")"
                onLine("would send \(entry.id): \(event.pinnedValue.count) bytes to \(place)")
                summary.sent += 1
                return
            }
            prepared.append(Prepared(entry: try adopted(entry), event: event, partition: partition))
            preparedBytes += event.pinnedValue.count
        } catch let refusal as DeadLetterRefusal {
            refuse(entry.id, refusal.reason)
        }
        if prepared.count >= ReplaySender.limit.messages || preparedBytes >= ReplaySender.limit.bytes {
            try sendPrepared()
        }
    }

    /// Notes that the replays begin, many at once since each time is a transaction, and sends the messages.
    private func sendPrepared() throws {
        let batch = prepared
        prepared = []
        preparedBytes = 0
        try table.beginReplays(of: batch.map(\.entry))
        var unsent: [DeadLetterEntry] = []
        for item in batch {
            if hasGivenUp {
                summary.unacknowledged += 1
                unsent.append(item.entry)
                continue
            }
            do {
                try sender.send(item.event, of: item.entry, partition: item.partition)
            } catch let error as KafkaError where error.code == .messageTooLarge || error.code == .unknownTopic {
                refuse(item.entry.id, error.message)
                unsent.append(item.entry)
            }
            while sender.isFull { try settle(waiting: .milliseconds(50)) }
        }
        try table.cancelReplays(of: unsent)
    }

    /// A letter from before clusters were stored belongs to this one from here on.
    private func adopted(_ entry: DeadLetterEntry) throws -> DeadLetterEntry {
        guard entry.cluster.isEmpty, try table.adopt(entry, cluster: clusterID) else { return entry }
        return try table.entries(entry.id, cluster: clusterID).first ?? entry
    }

    private func refuse(_ id: MessagePlace, _ reason: String) {
        summary.refused += 1
        onLine("refused \(id): \(reason)")
    }

    // MARK: - The broker's word

    private func settleAll() throws {
        while !sender.isIdle { try settle(waiting: .milliseconds(200)) }
    }

    private func settle(waiting timeout: Duration) throws {
        var acknowledged: [(entry: DeadLetterEntry, place: MessagePlace)] = []
        var unsent: [DeadLetterEntry] = []
        for outcome in sender.collect(timeout: timeout) {
            guard let error = outcome.error else {
                acknowledged.append((outcome.entry, outcome.place))
                continue
            }
            if error.mayBeSentAgain {
                summary.unacknowledged += 1
                hasGivenUp = true
                onLine("not acknowledged \(outcome.entry.id): \(error.message)")
            } else {
                refuse(outcome.entry.id, error.message)
                unsent.append(outcome.entry)
            }
        }
        defer { try? table.cancelReplays(of: unsent) }
        guard !acknowledged.isEmpty else { return }
        do {
            try table.markReplayed(acknowledged)
        } catch {
            onLine(
                "\(acknowledged.count) messages were acknowledged by the broker but could not be noted in the database: "
                    + "replay them again, the repetition is recognised")
            throw error
        }
        summary.sent += acknowledged.count
    }
}
