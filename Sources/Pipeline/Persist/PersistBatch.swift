import Events
import Kafka

/// Messages of one poll, read and sorted by what becomes of them.
struct PersistBatch: Sendable {
    /// An event and the message it came in.
    struct Item<Event: Sendable>: Sendable {
        let event: Event
        let message: KafkaMessage
    }

    private(set) var images: [Item<ImageCaptured.Envelope>] = []
    private(set) var inferences: [Item<ImageClassified>] = []
    private(set) var deadLetters: [Item<DeadLetter>] = []
    /// Messages that cannot be stored, with their dead letters, still to be sent.
    private(set) var rejected: [Item<DeadLetter>] = []
    /// Dead letters that are none, and why. They are told of and stay where they are: a dead letter about a dead letter would
    /// go round for ever.
    private(set) var malformedLetters: [(message: KafkaMessage, reason: String)] = []
    /// The last message, by partition.
    private var last: [TopicPartition: KafkaMessage] = [:]
    /// Bytes of the messages' values.
    private(set) var bytes = 0
    /// How many messages were read.
    private(set) var count = 0

    /// Whether there is nothing to store, not even an offset.
    var isEmpty: Bool { last.isEmpty }

    /// The offset after the last message, by partition.
    var next: [TopicPartition: Int64] { last.mapValues { $0.offset + 1 } }

    /// How far each partition is stored once this batch is.
    var progress: [TopicPartition: StoredOffset] {
        last.mapValues { StoredOffset($0.offset + 1, last: $0.identity) }
    }

    /// The days that rows of this batch fall on.
    var days: Set<Int64> {
        Set(images.map { DayPartitions.day(of: $0.event.capturedAt) })
            .union(inferences.map { DayPartitions.day(of: $0.event.capturedAt) })
    }

    /// Reads a message. One that is malformed becomes a dead letter and never harms its neighbours.
    mutating func add(_ message: KafkaMessage, topics: TopicSetup) {
        last[message.topicPartition] = message
        bytes += message.valueCount
        count += 1
        do {
            switch message.topic {
            case topics.images:
                let envelope = try ImageCaptured.envelope(headers: message.headers)
                images.append(Item(event: envelope, message: message))
            case topics.inferences:
                let result = try ImageClassified(headers: message.headers, value: message.value)
                inferences.append(Item(event: result, message: message))
            default:
                do {
                    let letter = try DeadLetter(headers: message.headers, key: message.key, value: message.value)
                    deadLetters.append(Item(event: letter, message: message))
                } catch {
                    malformedLetters.append((message, error.message))
                }
            }
        } catch {
            reject(message, code: error.code.rawValue, reason: error.message)
        }
    }

    /// Takes away the messages of partitions that are not ours any more.
    mutating func remove(_ partitions: Set<TopicPartition>) {
        images.removeAll { partitions.contains($0.message.topicPartition) }
        inferences.removeAll { partitions.contains($0.message.topicPartition) }
        deadLetters.removeAll { partitions.contains($0.message.topicPartition) }
        rejected.removeAll { partitions.contains($0.message.topicPartition) }
        malformedLetters.removeAll { partitions.contains($0.message.topicPartition) }
        last = last.filter { !partitions.contains($0.key) }
        if isEmpty { self = PersistBatch() }
    }

    /// Turns the rows of those days into dead letters.
    mutating func rejectRows(of closed: ClosedDays) {
        if closed.isEmpty { return }
        let rows =
            images.map { (message: $0.message, name: "ce_time", stamp: $0.event.capturedAt) }
            + inferences.map { (message: $0.message, name: "capturedAt", stamp: $0.event.capturedAt) }
        for row in rows {
            let day = DayPartitions.day(of: row.stamp)
            if closed.archived.contains(day) {
                let reason = "the day of \(row.name) \(row.stamp.rfc3339) was archived: restore the day first"
                reject(row.message, code: "archivedDay", reason: reason)
            } else if closed.outside.contains(day) {
                let reason = PersistBatch.outside(row.name, row.stamp)
                reject(row.message, code: EventError.Code.invalidValue.rawValue, reason: reason)
            }
        }
        images.removeAll { closed.contains(DayPartitions.day(of: $0.event.capturedAt)) }
        inferences.removeAll { closed.contains(DayPartitions.day(of: $0.event.capturedAt)) }
    }

    /// Turns rows that the database refused into dead letters. A dead letter that it refuses is left where it is: one
    /// about a dead letter would go round for ever.
    mutating func reject(_ rows: [RefusedRow]) {
        for row in rows {
            let refused = row.message
            images.removeAll { $0.message === refused }
            inferences.removeAll { $0.message === refused }
            let before = deadLetters.count
            deadLetters.removeAll { $0.message === refused }
            if deadLetters.count < before { continue }
            reject(refused, code: "refusedByDatabase", reason: "PostgreSQL refused the row: \(row.reason)")
        }
    }

    /// Hands over the messages that cannot be stored, each once.
    mutating func takeRejected() -> [Item<DeadLetter>] {
        defer { rejected = [] }
        return rejected
    }

    /// Takes them back where they could not be sent.
    mutating func putBack(_ items: [Item<DeadLetter>]) {
        rejected = items + rejected
    }

    private mutating func reject(_ message: KafkaMessage, code: String, reason: String) {
        let letter = DeadLetter(
            stage: .persist, errorCode: code, message: reason, message: message,
            imageID: PersistBatch.imageID(in: message.headers))
        rejected.append(Item(event: letter, message: message))
    }
}
