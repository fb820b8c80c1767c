import Events
import Kafka
import Telemetry
import Threads

/// Sends results and dead letters of infer, and finishes a message's ticket only when the broker has acknowledged what
/// came of it. What times out is sent again: nothing is ever dropped.
final class ResultSender: Sendable {
    private struct State {
        var nextToken: UInt64 = 0
        var work: [UInt64: Outcome] = [:]
        /// What was reported as failed and is to be sent again.
        var failed: [Outcome] = []
        /// What cannot be mended by sending again.
        var failure: KafkaError?
        var isClosed = false
    }

    private let state = Monitor(State())
    private let tracker: CommitTracker
    private let outgoing: Outgoing
    private let reports: BoundedQueue<[Outgoing.Report]>
    private let onAcknowledged: @Sendable (Outcome) -> Void

    /// - Parameter onAcknowledged: called with each event that the broker has acknowledged.
    init(
        configuration: KafkaConfiguration, tracker: CommitTracker, logger: Logger,
        onAcknowledged: @escaping @Sendable (Outcome) -> Void
    ) throws {
        self.tracker = tracker
        self.onAcknowledged = onAcknowledged
        let reports = BoundedQueue<[Outgoing.Report]>(capacity: 1_024)
        self.reports = reports
        outgoing = try Outgoing(configuration: configuration, logger: logger) { reports.push($0) }
        // Reports are worked off beside the producer's thread, which is free to serve the broker.
        _ = OSThread(name: "reports") { [weak self] in
            while let batch = reports.pop() { self?.take(batch) }
        }
    }

    /// What cannot be mended by sending again; nil while all is well.
    var failure: KafkaError? { state.read { $0.failure } }

    /// Sends an event for a message; waits while the local queue is full.
    func send(_ work: Outcome) {
        #if BROKEN_DELIVERY
            if Sabotage.isAsked(of: "infer") { tracker.finish(work.ticket) }
        #endif
        let token = state.read { state -> UInt64 in
            defer { state.nextToken += 1 }
            state.work[state.nextToken] = work
            return state.nextToken
        }
        do {
            while try !outgoing.send(work.event, topic: work.topic, token: token) {
                if state.read({ $0.isClosed }) { return }
                MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(1)))
            }
        } catch {
            state.update { state in
                state.work[token] = nil
                if let error = error as? KafkaError { ResultSender.fail(work, with: error, in: &state) }
            }
        }
    }

    /// A dead letter that is too large goes without its original's value; anything else is not mended by sending again.
    private static func fail(_ work: Outcome, with error: KafkaError, in state: inout State) {
        if error.code == .messageTooLarge, let shorter = DeadLetter.shorter(work.event) {
            state.failed.append(Outcome(ticket: work.ticket, event: shorter, topic: work.topic))
        } else {
            state.failure = error
        }
    }

    /// Sends again what failed. To be called from time to time.
    func retry() {
        do {
            try outgoing.recover()
        } catch {
            state.update { $0.failure = error as? KafkaError }
        }
        let failed = state.read { state -> [Outcome] in
            defer { state.failed = [] }
            return state.failed
        }
        for work in failed { send(work) }
    }

    /// Waits for the reports of what was sent, and for the tickets to be finished.
    func flush(timeout: Duration) {
        let deadline = MonotonicDeadline(after: timeout)
        repeat {
            retry()
            outgoing.flush(timeout: min(deadline.remaining, .milliseconds(200)))
        } while !tracker.waitUntilIdle(until: MonotonicClock.deadline(after: .milliseconds(50))) && !deadline.hasPassed
    }

    /// Ends the producer.
    func close() {
        state.update { $0.isClosed = true }
        outgoing.close()
        reports.close()
    }

    private func take(_ batch: [Outgoing.Report]) {
        for report in batch {
            let work = state.read { state -> Outcome? in
                guard let work = state.work.removeValue(forKey: report.token) else { return nil }
                if let error = report.error {
                    if error.mayBeSentAgain {
                        state.failed.append(work)
                    } else {
                        ResultSender.fail(work, with: error, in: &state)
                    }
                    return nil
                }
                return work
            }
            guard let work else { continue }
            tracker.finish(work.ticket)
            onAcknowledged(work)
        }
    }
}
