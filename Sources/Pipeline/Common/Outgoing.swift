import Events
import Kafka
import Telemetry
import Threads

/// Sends events and keeps each until its delivery report, so that none is lost to a fatal producer error.
///
/// librdkafka before 2.1 can raise a fatal error after a mere disconnect; the idempotent producer is finished then.
/// This class closes it, makes a new one, and sends again what was unacknowledged, in order and under the same ids
/// (a repeated id is recognised downstream).
final class Outgoing: Sendable {
    /// What became of one event.
    struct Report: Sendable {
        /// The number given to `send`.
        let token: UInt64
        /// Where it was stored.
        let partition: Int32
        /// Its offset there.
        let offset: Int64
        /// Why it was not delivered; nil where it was.
        let error: KafkaError?
        /// The event itself, where it was not delivered.
        var event: EncodedEvent?
    }

    struct Pending {
        let topic: String
        let partition: Int32
        let event: EncodedEvent
    }

    struct State {
        /// Nil once it has ended, and for a moment between two.
        var producer: Producer?
        /// Counts the producers made: reports of an earlier one are void.
        var generation = 0
        /// Whether a new producer gets what is unacknowledged; nothing else is sent meanwhile.
        var isResending = false
        var isEnding = false
        /// Topics that have taken an event.
        var known: Set<String> = []
        /// Why the producer is to be replaced though it has not failed for good: it gives events up as if there were no
        /// such topic, which has taken events before. A broker that has just started may say so for a while.
        var doubt: KafkaError?
        /// How often it was replaced for that since the last delivery.
        var doubts = 0
        /// Why no other producer could be made.
        var failure: KafkaError?
        var pending = TokenTable<Pending>()
    }

    let state: Monitor<State>
    let configuration: KafkaConfiguration
    let logger: Logger
    let onReport: @Sendable ([Report]) -> Void

    /// Producers that may give up a topic one after the other until it is taken to be gone. Each takes 30 s to do so
    /// (librdkafka's `topic.metadata.propagation.max.ms`).
    static let mostDoubts = 10

    /// - Parameters:
    ///   - configuration: the producer's.
    ///   - logger: told of errors and restarts.
    ///   - onReport: called on the producer's own thread with each batch of reports; must not call `send`.
    init(
        configuration: KafkaConfiguration, logger: Logger, onReport: @escaping @Sendable ([Report]) -> Void
    ) throws {
        state = Monitor(State())
        self.configuration = configuration
        self.logger = logger
        self.onReport = onReport
        let first = try makeProducer(generation: 0)
        state.update { $0.producer = first }
    }

    /// How many events have no report yet.
    var unacknowledged: Int { state.read { $0.pending.count } }

    /// Hands one event to the producer.
    ///
    /// - Parameters:
    ///   - partition: -1 lets the key decide.
    ///   - token: identifies the event in its report; unique, and growing in sending order.
    /// - Returns: false where the local queue is full: try again after a moment.
    /// - Throws: `KafkaError` for an event that cannot be sent as it is (too large, unknown topic).
    func send(_ event: EncodedEvent, topic: String, partition: Int32 = -1, token: UInt64) throws -> Bool {
        // Registered first, because the report may come before `send` returns; and in one step with reading the
        // generation, so that whoever replaces the producer from here on sends this event too.
        let current = try state.read { state -> (Producer, Int)? in
            if let failure = state.failure { throw failure }
            guard let producer = state.producer, !state.isResending, !state.isEnding, state.doubt == nil else {
                return nil
            }
            state.pending.insert(token, Pending(topic: topic, partition: partition, event: event))
            return (producer, state.generation)
        }
        guard let (producer, generation) = current else {
            try recover()
            return false
        }
        do {
            if try producer.send(event, topic: topic, partition: partition, token: token) { return true }
            return !withdraw(token, from: generation)
        } catch let error where error.isFatal {
            // The event stays registered: the new producer sends it.
            try restart(after: error, generation: generation)
            return true
        } catch let error where state.read({ $0.doubts(error, about: token) }) {
            // Likewise.
            return true
        } catch {
            if withdraw(token, from: generation) { throw error }
            return true
        }
    }

    /// Makes the producer anew where it has failed for good. `send` and `flush` do so too: this is for whoever has
    /// nothing to send for a while.
    func recover() throws {
        let (producer, generation, doubt) = state.read {
            ($0.isResending ? nil : $0.producer, $0.generation, $0.doubt)
        }
        if let producer, let error = producer.fatalError ?? doubt { try restart(after: error, generation: generation) }
    }

    /// Waits until everything has its report or the time is up.
    ///
    /// - Returns: how many events have none.
    @discardableResult
    func flush(timeout: Duration) -> Int {
        let deadline = MonotonicDeadline(after: timeout)
        while unacknowledged > 0, !deadline.hasPassed {
            do { try recover() } catch { break }
            let (producer, isResending) = state.read { ($0.producer, $0.isResending) }
            guard producer != nil || isResending else { break }
            if let producer, !isResending {
                _ = producer.flush(timeout: min(deadline.remaining, .milliseconds(200)))
            } else {
                deadline.pause(.milliseconds(5))
            }
        }
        return unacknowledged
    }

    /// Ends the producer; what is unacknowledged stays so.
    ///
    /// - Returns: the tokens without a report.
    @discardableResult
    func close() -> [UInt64] { end().map(\.token) }

    /// Ends the producer as `close` does. What the broker has acknowledged until then is reported first.
    ///
    /// - Returns: what is without a report, in the order in which it was sent.
    func end() -> [(token: UInt64, event: EncodedEvent)] {
        let producer = state.update { state in
            state.isEnding = true
            return state.producer
        }
        // Gives up what is under way, and hands over the reports that are still to come.
        producer?.close()
        let pending = state.update { state in
            defer {
                state.producer = nil
                state.generation += 1
                state.pending = TokenTable()
            }
            return state.pending
        }
        return pending.sorted.map { ($0.token, $0.value.event) }
    }
}

extension KafkaError {
    /// Whether sending the same event again may succeed, after a delivery report with this error.
    var mayBeSentAgain: Bool { isRetriable || code == .timedOut }
}
