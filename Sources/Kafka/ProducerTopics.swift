import CRdKafka
import Synchronization

/// The topics that a producer has sent to: looking one up by name costs librdkafka more than sending.
final class ProducerTopics: Sendable {
    /// Pointers as plain numbers, which may leave the lock.
    private struct State {
        var last: (name: String, topic: UInt)?
        var all: [String: UInt] = [:]
    }

    private let state = Mutex(State())
    // Retained because topics must be destroyed before their client.
    private let handle: ClientHandle

    init(_ handle: ClientHandle) {
        self.handle = handle
    }

    deinit {
        for topic in state.withLock({ Array($0.all.values) }) {
            rd_kafka_topic_destroy(OpaquePointer(bitPattern: topic))
        }
    }

    /// The topic of this name, which lives as long as this object.
    func topic(_ name: String) throws(KafkaError) -> OpaquePointer {
        let topic = state.withLock { state -> UInt in
            if let last = state.last, last.name == name { return last.topic }
            let topic = state.all[name] ?? UInt(bitPattern: handle.withPointer { rd_kafka_topic_new($0, name, nil) })
            if topic != 0 {
                state.all[name] = topic
                state.last = (name, topic)
            }
            return topic
        }
        guard let topic = OpaquePointer(bitPattern: topic) else {
            throw KafkaError(rd_kafka_last_error(), "send to the topic \"\(name)\"")
        }
        return topic
    }
}
