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

    init(configuration: KafkaConfiguration, topic: String, logger: Logger) throws {
        self.topic = topic
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

    /// Sends the letters and returns when each is acknowledged; what times out is sent again.
    ///
    /// - Parameter shouldStop: asked while waiting; true gives up.
    /// - Throws: `KafkaError` for a letter that can never be sent, or where a stop was asked for first.
    func send(_ letters: [DeadLetter], until shouldStop: () -> Bool) throws {
        var events = letters.map { $0.encoded() }
        while !events.isEmpty {
            var tokens: [UInt64: EncodedEvent] = [:]
            for event in events {
                let token = state.read { state -> UInt64 in
                    defer { state.nextToken += 1 }
                    state.waiting.insert(state.nextToken)
                    return state.nextToken
                }
                tokens[token] = event
                while try !outgoing.send(event, topic: topic, token: token) {
                    if shouldStop() { throw DeadLetterSender.stopped(letters.count) }
                    MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(1)))
                }
            }
            let failed = try wait(for: tokens, until: shouldStop)
            events = failed.sorted { $0.key < $1.key }.map { tokens[$0.key]! }
        }
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
                if shouldStop() { throw DeadLetterSender.stopped(tokens.count) }
                continue
            }
            if let error = failed.values.first(where: { !$0.mayBeSentAgain }) { throw error }
            return failed
        }
    }

    private static func stopped(_ count: Int) -> RoleError {
        RoleError(
            .temporaryFailure, "stopped before the broker took \(count) dead letters: their messages are read again")
    }
}
