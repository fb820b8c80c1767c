import Events
import Kafka
import Threads

extension Producer {
    /// Queues one event, as `send` does, and waits for room where the queue is full.
    public func sendWaiting(_ event: EncodedEvent, topic: String) throws {
        while try !send(event, topic: topic) {
            waitForRoom(until: MonotonicClock.deadline(after: .milliseconds(100)))
        }
    }
}
