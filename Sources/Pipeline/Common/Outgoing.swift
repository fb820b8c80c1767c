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

    private struct Pending {
        let topic: String
        let partition: Int32
        let event: EncodedEvent
    }

    private struct State {
        var producer: Producer?
        /// Counts the producers made: reports of an earlier one are void.
        var generation = 0
        var pending: [UInt64: Pending] = [:]
    }

    private let state: Monitor<State>
    private let configuration: KafkaConfiguration
    private let logger: Logger
    private let onReport: @Sendable ([Report]) -> Void

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
        let current = state.read { state -> (Producer, Int)? in
            guard let producer = state.producer else { return nil }
            state.pending[token] = Pending(topic: topic, partition: partition, event: event)
            return (producer, state.generation)
        }
        guard let (producer, generation) = current else { return false }
        do {
            if try producer.send(event, topic: topic, partition: partition, token: token) { return true }
            return !withdraw(token, from: generation)
        } catch let error where error.isFatal {
            // The event stays registered: the new producer sends it.
            try restart(after: error, generation: generation)
            return true
        } catch {
            if withdraw(token, from: generation) { throw error }
            return true
        }
    }

    /// Makes the producer anew where it has failed for good. `send` and `flush` do so too: this is for whoever has
    /// nothing to send for a while.
    func recover() throws {
        let (producer, generation) = state.read { ($0.producer, $0.generation) }
        if let error = producer?.fatalError { try restart(after: error, generation: generation) }
    }

    /// Waits until everything has its report or the time is up.
    ///
    /// - Returns: how many events have none.
    @discardableResult
    func flush(timeout: Duration) -> Int {
        let deadline = MonotonicDeadline(after: timeout)
        while unacknowledged > 0, !deadline.hasPassed {
            do { try recover() } catch { break }
            guard let producer = state.read({ $0.producer }) else { break }
            _ = producer.flush(timeout: min(deadline.remaining, .milliseconds(200)))
        }
        return unacknowledged
    }

    /// Ends the producer; what is unacknowledged stays so.
    ///
    /// - Returns: the tokens without a report.
    @discardableResult
    func close() -> [UInt64] { end().map(\.token) }

    /// Ends the producer as `close` does.
    ///
    /// - Returns: what is without a report, in the order in which it was sent.
    func end() -> [(token: UInt64, event: EncodedEvent)] {
        let (producer, pending) = state.update { state in
            defer {
                state.producer = nil
                state.generation += 1
                state.pending = [:]
            }
            return (state.producer, state.pending)
        }
        producer?.close()
        return pending.sorted { $0.key < $1.key }.map { ($0.key, $0.value.event) }
    }

    // MARK: - The producer

    private func makeProducer(generation: Int) throws(KafkaError) -> Producer {
        try Producer(
            configuration: configuration,
            onDelivery: { [weak self] reports in self?.take(reports, generation: generation) },
            onError: { [logger] error in logger.warning("producer: \(error.message)", ["error": error.name]) })
    }

    private func take(_ reports: [Producer.DeliveryReport], generation: Int) {
        let valid = state.update { state -> [Report] in
            guard generation == state.generation else { return [] }
            var valid: [Report] = []
            valid.reserveCapacity(reports.count)
            for report in reports {
                // After a fatal error everything queued fails with it: the next producer sends that again.
                if let error = report.error, error.isFatal || state.producer?.fatalError != nil { continue }
                guard let pending = state.pending.removeValue(forKey: report.token) else { continue }
                valid.append(
                    Report(
                        token: report.token, partition: report.partition, offset: report.offset, error: report.error,
                        event: report.error == nil ? nil : pending.event))
            }
            return valid
        }
        if !valid.isEmpty { onReport(valid) }
    }

    /// Forgets an event that its producer did not take.
    ///
    /// - Returns: false where that producer was replaced meanwhile: the new one sends the event.
    private func withdraw(_ token: UInt64, from generation: Int) -> Bool {
        state.read { state in
            guard state.generation == generation else { return false }
            state.pending[token] = nil
            return true
        }
    }

    private func restart(after error: KafkaError, generation: Int) throws {
        let old = state.update { state -> Producer? in
            guard state.generation == generation else { return nil }
            state.generation += 1
            defer { state.producer = nil }
            return state.producer
        }
        // Another thread is at it already.
        guard let old else { return }
        logger.warning(
            "the producer failed for good and is made anew; what was unacknowledged is sent again",
            ["error": error.name, "unacknowledged": unacknowledged])
        old.close()
        let replacement = try makeProducer(generation: generation + 1)
        for (token, pending) in state.read({ $0.pending.sorted { $0.key < $1.key } }) {
            while try !replacement.send(
                pending.event, topic: pending.topic, partition: pending.partition, token: token)
            {
                MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(1)))
            }
        }
        state.update { $0.producer = replacement }
    }
}

extension KafkaError {
    /// Whether sending the same event again may succeed, after a delivery report with this error.
    var mayBeSentAgain: Bool { isRetriable || code == .timedOut }
}

extension Producer {
    /// Sends an encoded event.
    fileprivate func send(
        _ event: EncodedEvent, topic: String, partition: Int32, token: UInt64
    ) throws(KafkaError) -> Bool {
        try send(
            topic: topic, partition: partition, key: event.key, value: event.value, headers: event.headers,
            token: token)
    }
}
