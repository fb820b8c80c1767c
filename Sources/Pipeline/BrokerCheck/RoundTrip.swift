import Events
import FoundationEssentials
import Kafka
import Threads

/// Sends a message to a topic and reads it back, with the clock running.
struct RoundTrip {
    let kafka: KafkaConfiguration
    let topic: String
    let timeout: Duration

    /// - Returns: milliseconds from handing the message to the producer to reading it.
    /// - Throws: `KafkaError`, or `RoleError` (69) where it did not come back in time.
    func measure(admin: Admin) throws -> Double {
        let deadline = MonotonicDeadline(after: timeout)
        if try admin.metadata(timeout: deadline.remaining).topic(named: topic) == nil {
            let outcome = try admin.createTopics(
                [
                    Admin.NewTopic(
                        topic, partitions: 1, replicationFactor: -1, configuration: ["retention.ms": "60000"])
                ], timeout: deadline.remaining)
            if let error = outcome[topic].flatMap({ $0 }), error.code != .topicExists { throw error }
            while try admin.metadata(timeout: deadline.remaining).topic(named: topic)?.hasLeaders != true,
                !deadline.hasPassed
            {
                deadline.pause(.milliseconds(50))
            }
        }
        let partition = TopicPartition(topic: topic, partition: 0)
        var reading = kafka
        // A fetch that found nothing must not hold up the message that comes a moment later.
        reading.set("fetch.wait.max.ms", "10")
        let consumer = try Consumer(configuration: reading, group: nil)
        defer { consumer.close() }
        try consumer.assign(try consumer.ends(of: [partition], timeout: deadline.remaining))
        // The first poll connects: that is not part of the round trip.
        _ = try consumer.poll(maximum: 1, timeout: .milliseconds(100))

        let failure = Monitor<KafkaError?>(nil)
        let producer = try Producer(configuration: kafka) { reports in
            if let error = reports.first?.error { failure.update { $0 = error } }
        }
        defer { producer.close() }
        // A first message finds the partition's leader; the second is timed.
        for isTimed in [false, true] {
            let mark = Array(EventIdentifier.make().lowercased.utf8)
            let start = MonotonicClock.now
            _ = try producer.send(topic: topic, partition: 0, key: nil, value: mark, headers: [], token: 0)
            while !deadline.hasPassed {
                if let error = failure.read({ $0 }) { throw error }
                let messages = try consumer.poll(maximum: 100, timeout: .milliseconds(50))
                guard messages.contains(where: { $0.value == mark }) else { continue }
                if isTimed { return Double(MonotonicClock.now - start) / 1e6 }
                break
            }
        }
        throw RoleError(.unavailable, "the message did not come back within \(Format.decimal(timeout.inSeconds, 1)) s")
    }
}
