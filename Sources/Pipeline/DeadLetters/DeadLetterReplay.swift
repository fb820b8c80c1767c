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
    private let reader: OriginalReader
    private let replacement: [UInt8]?
    private var summary = DeadLetterReplaySummary()
    /// Set where the broker does not acknowledge: the rest is not tried then.
    private var hasGivenUp = false

    /// Connects to database and broker.
    ///
    /// - Parameter onLine: told of each refused letter, and of each letter in a dry run.
    /// - Throws: `PostgresError`, `KafkaError`, `RoleError`.
    public init(options: DeadLetterReplayOptions, logger: Logger, onLine: @escaping (String) -> Void) throws {
        self.options = options
        self.logger = logger
        self.onLine = onLine
        replacement = try options.valueFile.map { path in
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
                throw RoleError(.inputMissing, "cannot read \(path): name a file that holds the new value")
            }
            return Array(data)
        }
        table = try DeadLetterTable(database: options.database)
        cluster = try Admin(configuration: options.kafka).metadata(timeout: options.timeout)
        clusterID = cluster.clusterID ?? "unknown"
        sender = try ReplaySender(configuration: options.kafka, timeout: options.timeout, logger: logger)
        reader = try OriginalReader(configuration: options.kafka, timeout: options.timeout)
        summary.isDryRun = options.isDryRun
    }

    /// Replays what was selected.
    ///
    /// - Throws: `PostgresError` where the database is lost; `KafkaError` where the producer cannot be made anew.
    public func run() throws -> DeadLetterReplaySummary {
        defer {
            sender.close()
            reader.close()
        }
        switch options.selection {
        case .ids(let ids):
            for id in ids {
                let entries = try table.entries(id, cluster: options.cluster)
                if entries.isEmpty {
                    refuse(id, "there is no such dead letter: `iotpipe dead-letters list` shows them")
                }
                for entry in entries { try replay(entry) }
            }
        case .filter(let filter):
            var previous: DeadLetterEntry?
            while true {
                let page = try table.page(filter, after: previous, limit: 500)
                for entry in page { try replay(entry) }
                // What is not noted yet would be on the next page where it was adopted meanwhile.
                try settleAll()
                guard let last = page.last else { break }
                previous = last
            }
        }
        try settleAll()
        return summary
    }

    // MARK: - One letter

    private func replay(_ entry: DeadLetterEntry) throws {
        guard !hasGivenUp else {
            summary.unacknowledged += 1
            return
        }
        do {
            let isNamed = try checkCluster(of: entry)
            guard let topic = cluster.topic(named: entry.id.topic) else {
                throw DeadLetterRefusal("topic \(entry.id.topic) does not exist on the broker: make it first")
            }
            let event = try message(of: entry, isNamed: isNamed)
            // Where it was, so that a device's messages stay together; else its key decides.
            let partition = topic.partitions.contains { $0.id == entry.id.partition } ? entry.id.partition : -1
            if options.isDryRun {
                let place = "\(entry.id.topic), partition \(partition < 0 ? "by its key" : "\(partition)")"
                onLine("would send \(entry.id): \(event.value.count) bytes to \(place)")
                summary.sent += 1
                return
            }
            try sender.send(event, of: adopted(entry), partition: partition)
        } catch let refusal as DeadLetterRefusal {
            refuse(entry.id, refusal.reason)
        } catch let error as KafkaError where error.code == .messageTooLarge || error.code == .unknownTopic {
            refuse(entry.id, error.message)
        }
        // Many at once: each time is a transaction.
        while sender.isFull { try settle(waiting: .milliseconds(50)) }
    }

    /// Refuses a letter of another cluster.
    ///
    /// - Returns: whether the message may name the letter: its place means something on this cluster.
    private func checkCluster(of entry: DeadLetterEntry) throws -> Bool {
        if entry.cluster == clusterID { return true }
        if options.isForced { return entry.cluster.isEmpty }
        throw DeadLetterRefusal(
            entry.cluster.isEmpty
                ? "its cluster is not known, an earlier version stored it: --force sends it to this one, \(clusterID)"
                : "it is of cluster \(entry.cluster), and this is \(clusterID): choose its broker, or send it here by --force"
        )
    }

    /// A letter from before clusters were stored belongs to this one from here on.
    private func adopted(_ entry: DeadLetterEntry) throws -> DeadLetterEntry {
        guard entry.cluster.isEmpty, try table.adopt(entry, cluster: clusterID) else { return entry }
        return try table.entries(entry.id, cluster: clusterID).first ?? entry
    }

    private func message(of entry: DeadLetterEntry, isNamed: Bool) throws -> EncodedEvent {
        guard var original = try table.original(of: entry) else { throw DeadLetterRefusal("it has gone meanwhile") }
        // A letter in its shortest form has lost key and headers too.
        if entry.isOmitted, replacement == nil || original.headers.isEmpty {
            guard isNamed else {
                throw DeadLetterRefusal("its value was too large for a dead letter and is on its own cluster only")
            }
            original = try wholeOriginal(of: entry, like: original)
        }
        if let replacement { original.value = replacement }
        var headers = HeaderChanges.apply(options.headers, to: original.headers)
        if isNamed { headers.append(MessageHeader(DeadLetter.replayHeader, entry.id.description)) }
        return EncodedEvent(key: original.key, value: original.value, headers: headers)
    }

    private func wholeOriginal(
        of entry: DeadLetterEntry, like stored: DeadLetterTable.Original
    ) throws -> DeadLetterTable.Original {
        let message = try reader.read(entry.id)
        let isSame = message.valueCount == entry.bytes && (stored.headers.isEmpty || message.headers == stored.headers)
        guard isSame else {
            throw DeadLetterRefusal(
                "its value was too large for a dead letter, and another message is in its place now: the topic was made anew"
            )
        }
        return DeadLetterTable.Original(key: message.key, value: message.value, headers: message.headers)
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
            }
        }
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
