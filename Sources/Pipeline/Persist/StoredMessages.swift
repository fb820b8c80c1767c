import Kafka

/// Looks at messages that were stored before, outside of any group.
enum StoredMessages {
    /// Reads the messages at these offsets, all at once.
    ///
    /// - Parameter limit: what has not come by then is left out.
    /// - Returns: their identities; none for a partition whose offset has no message, or no longer.
    static func identities(
        at places: [TopicPartitionOffset], _ kafka: KafkaConfiguration, within limit: Duration
    ) throws -> [TopicPartition: String] {
        var configuration = kafka
        configuration.set("auto.offset.reset", "error")
        // One message of each is wanted.
        configuration.set("fetch.message.max.bytes", "65536")
        configuration.set("queued.min.messages", "1")
        let consumer = try Consumer(configuration: configuration, group: nil)
        defer { consumer.close() }
        try consumer.assign(places)
        let deadline = MonotonicDeadline(after: limit)
        var missing: [TopicPartition: Int64] = [:]
        for place in places { missing[place.topicPartition] = place.offset }
        var found: [TopicPartition: String] = [:]
        while !missing.isEmpty, !deadline.hasPassed {
            var messages: [KafkaMessage] = []
            do {
                messages = try consumer.poll(maximum: 100, timeout: min(deadline.remaining, .milliseconds(100)))
            } catch {
                // Retention may be faster than we are.
                guard error.code == .offsetOutOfRange else { throw error }
            }
            for message in messages {
                guard let offset = missing[message.topicPartition] else { continue }
                if message.offset == offset { found[message.topicPartition] = message.identity }
                if message.offset >= offset { missing[message.topicPartition] = nil }
            }
        }
        return found
    }
}
