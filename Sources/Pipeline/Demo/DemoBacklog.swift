import Kafka

/// What of a run is not in the database yet. The embedded broker drops the oldest beyond 5 MiB a partition, and the next
/// run's producers begin with windows of their own, so none may start before this is empty.
struct DemoBacklog {
    /// Messages that persist has not stored.
    let unstored: Int64
    /// Images that infer has not answered, neither with a result nor with a dead letter.
    let unanswered: Int64

    /// The offset that the next message of each partition of the three topics gets.
    static func ends(of admin: Admin) throws(KafkaError) -> [TopicPartition: Int64] {
        let metadata = try admin.metadata(timeout: .seconds(10))
        var ends: [TopicPartition: Int64] = [:]
        for topic in TopicSetup().all {
            for partition in metadata.topic(named: topic)?.partitions ?? [] {
                let place = TopicPartition(topic: topic, partition: partition.id)
                ends[place] = try admin.watermarks(place, timeout: .seconds(10)).high
            }
        }
        return ends
    }

    /// Whether the broker may drop everything that it has.
    var isEmpty: Bool { unstored == 0 && unanswered == 0 }

    /// - Parameters:
    ///   - ends: the offset that each partition's next message gets.
    ///   - credit: what persist has stored, a line a partition, as `CreditWindow` takes them.
    init(ends: [TopicPartition: Int64], credit: String, topics: TopicSetup = TopicSetup()) {
        var stored: [TopicPartition: Int64] = [:]
        for line in credit.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count == 3, let partition = Int32(fields[1]), let next = Int64(fields[2]) else { continue }
            stored[TopicPartition(topic: String(fields[0]), partition: partition)] = next
        }
        var (unstored, unanswered): (Int64, Int64) = (0, 0)
        for (place, end) in ends {
            unstored += max(0, end - stored[place, default: 0])
            guard place.topic == topics.images else { continue }
            // An answer has its image's key, and so its partition.
            let answers = [topics.inferences, topics.deadLetters].reduce(Int64(0)) { sum, topic in
                sum + ends[TopicPartition(topic: topic, partition: place.partition), default: 0]
            }
            unanswered += max(0, end - answers)
        }
        (self.unstored, self.unanswered) = (unstored, unanswered)
    }
}
