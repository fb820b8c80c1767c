import Events
import Kafka
import Telemetry
import Threads

/// Sends replayed messages, a bounded number at a time, and hands out what became of each.
final class ReplaySender {
    /// What became of a message.
    struct Outcome {
        let entry: DeadLetterEntry
        /// Where it is now.
        let place: MessagePlace
        /// Why it is not there; nil where it is.
        let error: KafkaError?
    }

    /// Messages and bytes without a report at most.
    static let limit = (messages: 200, bytes: 16 << 20)

    private let outgoing: Outgoing
    private let reports = Monitor<[Outgoing.Report]>([])
    private var waiting: [UInt64: (entry: DeadLetterEntry, bytes: Int)] = [:]
    private var waitingBytes = 0
    private var nextToken: UInt64 = 0

    /// - Parameter timeout: how long the broker may take to acknowledge a message.
    init(configuration: KafkaConfiguration, timeout: Duration, logger: Logger) throws {
        var configuration = configuration
        let defaults = [
            ("message.timeout.ms", "\(max(1_000, timeout.components.seconds * 1_000))"),
            // The broker refuses a batch as a whole: one message that is too large must not take others along.
            ("batch.num.messages", "1"),
        ]
        for (name, value) in defaults where configuration[name] == nil { configuration.set(name, value) }
        let reports = self.reports
        outgoing = try Outgoing(configuration: configuration, logger: logger) { batch in
            reports.update { $0 += batch }
        }
    }

    /// Whether what is under way must be reported first.
    var isFull: Bool {
        waiting.count >= ReplaySender.limit.messages || waitingBytes >= ReplaySender.limit.bytes
    }

    /// Whether nothing is under way.
    var isIdle: Bool { waiting.isEmpty }

    /// Sends a message.
    ///
    /// - Throws: `KafkaError` where it can never be sent.
    func send(_ event: EncodedEvent, of entry: DeadLetterEntry, partition: Int32) throws {
        let token = nextToken
        nextToken += 1
        while try !outgoing.send(event, topic: entry.id.topic, partition: partition, token: token) {
            MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(1)))
        }
        waiting[token] = (entry, event.pinnedValue.count)
        waitingBytes += event.pinnedValue.count
    }

    /// What was reported, waiting for more of it up to the timeout.
    func collect(timeout: Duration) -> [Outcome] {
        if timeout > .zero { outgoing.flush(timeout: timeout) }
        let batch = reports.update { reports -> [Outgoing.Report] in
            defer { reports = [] }
            return reports
        }
        return batch.compactMap { report in
            guard let (entry, bytes) = waiting.removeValue(forKey: report.token) else { return nil }
            waitingBytes -= bytes
            return Outcome(
                entry: entry,
                place: MessagePlace(topic: entry.id.topic, partition: report.partition, offset: report.offset),
                error: report.error)
        }
    }

    /// Ends the producer.
    func close() {
        outgoing.close()
    }
}
