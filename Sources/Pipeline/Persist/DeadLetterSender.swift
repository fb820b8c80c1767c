import Events
import Kafka
import Telemetry
import Threads

/// Sends dead letters and waits until the broker has them.
final class DeadLetterSender: Sendable {
    private struct State {
        var nextToken: UInt64 = 0
        /// What has no report yet, and what failed and is to be sent again.
        var waiting: Set<UInt64> = []
        var failed: [UInt64: KafkaError] = [:]
    }

    private let state = Monitor(State())
    private let outgoing: Outgoing
    private let topic: String
    private let logger: Logger

    init(configuration: KafkaConfiguration, topic: String, logger: Logger) throws {
        self.topic = topic
        self.logger = logger
        let state = self.state
        outgoing = try Outgoing(configuration: configuration, logger: logger) { reports in
            state.update { state in
                for report in reports {
                    state.waiting.remove(report.token)
                    state.failed[report.token] = report.error
                }
            }
        }
    }

    /// Sends the letters and returns when each is acknowledged; what times out is sent again, and what is too large for the
    /// broker is sent without the original's value.
    ///
    /// - Parameter shouldStop: asked while waiting; true gives up.
    /// - Throws: `KafkaError` for a letter that can never be sent, or where a stop was asked for first.
    func send(_ letters: [DeadLetter], until shouldStop: () -> Bool) throws {
        var rounds = [letters.map { $0.encoded() }]
        while let round = rounds.popLast() {
            var sent: [UInt64: EncodedEvent] = [:]
            for event in round {
                let (token, taken) = try handOver(event, until: shouldStop)
                sent[token] = taken
            }
            let failed = try wait(for: sent, until: shouldStop)
            var again: [EncodedEvent] = []
            for (token, error) in failed.sorted(by: { $0.key < $1.key }) {
                guard let event = sent[token] else { continue }
                if error.code != .messageTooLarge {
                    again.append(event)
                } else if sent.count == 1 {
                    again.append(try shortened(event, after: error))
                } else {
                    // The broker refuses a batch as a whole: alone it shows which letter is too large.
                    rounds.append([event])
                }
            }
            if !again.isEmpty { rounds.append(again) }
        }
    }

    /// Gives an event to the producer, in a form that it takes.
    private func handOver(
        _ event: EncodedEvent, until shouldStop: () -> Bool
    ) throws -> (token: UInt64, event: EncodedEvent) {
        var event = event
        while true {
            let token = state.read { state -> UInt64 in
                defer { state.nextToken += 1 }
                state.waiting.insert(state.nextToken)
                return state.nextToken
            }
            do {
                while try !outgoing.send(event, topic: topic, token: token) {
                    if shouldStop() { throw DeadLetterSender.stopped }
                    MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(1)))
                }
                return (token, event)
            } catch let error as KafkaError where error.code == .messageTooLarge {
                state.update { _ = $0.waiting.remove(token) }
                event = try shortened(event, after: error)
            }
        }
    }

    private func shortened(_ event: EncodedEvent, after error: KafkaError) throws -> EncodedEvent {
        guard let shorter = DeadLetter.shorter(event) else { throw error }
        logger.warning(
            "dead letter too large for the broker: sent without the original's value, which stays on its topic",
            ["bytes": event.pinnedValue.count, "error": error.name])
        return shorter
    }

    /// Ends the producer.
    func close() {
        outgoing.close()
    }

    private func wait(
        for tokens: [UInt64: EncodedEvent], until shouldStop: () -> Bool
    ) throws -> [UInt64: KafkaError] {
        while true {
            outgoing.flush(timeout: .milliseconds(200))
            let failed = state.read { state -> [UInt64: KafkaError]? in
                guard state.waiting.isDisjoint(with: tokens.keys) else { return nil }
                defer { state.failed = [:] }
                return state.failed
            }
            guard let failed else {
                if shouldStop() { throw DeadLetterSender.stopped }
                continue
            }
            let isHopeless = { (error: KafkaError) in !error.mayBeSentAgain && error.code != .messageTooLarge }
            if let error = failed.values.first(where: isHopeless) { throw error }
            return failed
        }
    }

    private static let stopped = RoleError(
        .temporaryFailure, "stopped before the broker took every dead letter: their messages are read again")
}
