import Events
import Kafka
import Telemetry
import Threads

/// Sends what a spool keeps, beside the new images: a segment at a time, which goes once the broker has acknowledged all
/// of it. Whatever ends the process before, the next one sends the whole segment again, under the same ids.
final class SpoolSender: Sendable {
    private struct State {
        /// Records under way, by their token.
        var awaited: [UInt64: SpoolRecord] = [:]
        var awaitedBytes = 0
        /// Records that the broker did not take, since they were last looked at.
        var failed: [Failure] = []
        var next = SpoolSender.firstToken
        var sent = 0
        var refused = 0
        var aside: [String] = []
        var isStopping = false
        var isRunning = false
    }

    private struct Failure {
        let record: SpoolRecord
        let error: KafkaError
    }

    /// Tokens from here on are the spool's.
    static let firstToken: UInt64 = 1 << 62
    /// Bytes under way at most, so that there is always room for new images in the producer's queue.
    private static let window = 2 << 20
    private static let pause = Duration.milliseconds(200)

    private let spool: Spool
    private let logger: Logger
    private let state = Monitor(State())

    init(spool: Spool, logger: Logger) {
        self.spool = spool
        self.logger = logger
    }

    /// How many messages of the spool the broker has acknowledged.
    var sent: Int { state.read { $0.sent } }

    /// How many messages of the spool the broker refuses.
    var refused: Int { state.read { $0.refused } }

    /// Files that this run has put aside, because they are damaged or refused.
    var aside: [String] { state.read { $0.aside } }

    /// Takes the reports of its own tokens; called on the producer's thread.
    func take(_ reports: [Outgoing.Report]) {
        state.update { state in
            for report in reports {
                guard let record = state.awaited.removeValue(forKey: report.token) else { continue }
                state.awaitedBytes -= record.event.pinnedValue.count
                if let error = report.error {
                    state.failed.append(Failure(record: record, error: error))
                } else {
                    state.sent += 1
                }
            }
        }
    }

    /// The message under way with that token.
    func record(of token: UInt64) -> SpoolRecord? { state.read { $0.awaited[token] } }

    /// Starts the sending thread.
    ///
    /// - Parameter onFailure: called once, on that thread, with what ends the sending.
    func start(to outgoing: Outgoing, onFailure: @escaping @Sendable (any Error) -> Void) {
        state.update { $0.isRunning = true }
        _ = OSThread(name: "spool-send") { [self] in
            do {
                while !isStopping {
                    if let segment = spool.nextSegment() {
                        try send(segment, to: outgoing)
                    } else {
                        rest(SpoolSender.pause)
                    }
                }
            } catch {
                onFailure(error)
            }
            state.update { $0.isRunning = false }
        }
    }

    /// Asks the thread to end; segments that are not acknowledged as a whole stay.
    func stop() {
        state.update { $0.isStopping = true }
    }

    /// Waits for the thread's end, where it was started: not beyond the limit, since a disk may hang.
    func waitForEnd(until limit: DrainLimit) {
        while !limit.hasPassed {
            let next = MonotonicClock.deadline(after: .milliseconds(100))
            if state.wait(until: next, for: { $0.isRunning ? nil : true }) == true { return }
        }
    }

    // MARK: - A segment

    private var isStopping: Bool { state.read { $0.isStopping } }

    private func rest(_ duration: Duration) {
        _ = state.wait(until: MonotonicClock.deadline(after: duration)) { $0.isStopping ? true : nil }
    }

    private func send(_ segment: SpoolFolder.Segment, to outgoing: Outgoing) throws {
        let contents = try SpoolSegment(path: segment.path)
        var left = contents.records
        var refused: [Failure] = []
        while !left.isEmpty {
            guard let failures = try deliver(left, to: outgoing) else { return }
            let wasAlone = left.count == 1
            left = failures.filter { !$0.error.refusesMessage }.map(\.record)
            for failure in failures where failure.error.refusesMessage {
                // A batch is refused as a whole for one of its records: so each is tried alone.
                guard let last = wasAlone ? [failure] : try deliver([failure.record], to: outgoing) else { return }
                refused += last.filter { $0.error.refusesMessage }
                left += last.filter { !$0.error.refusesMessage }.map(\.record)
            }
            if !left.isEmpty {
                logger.warning(
                    "images of the spool were not delivered and are sent again", ["images": left.count])
                rest(.seconds(1))
                if isStopping { return }
            }
        }
        if !refused.isEmpty { try put(refused, asideFrom: segment) }
        try finish(segment, contents)
    }

    /// Sends records and waits until each has its report.
    ///
    /// - Returns: what was not delivered; nil where a stop was asked for.
    private func deliver(_ records: [SpoolRecord], to outgoing: Outgoing) throws -> [Failure]? {
        for record in records {
            guard try send(record, to: outgoing) else { return nil }
        }
        let isThrough = state.wait { $0.awaited.isEmpty ? true : $0.isStopping ? false : nil } ?? false
        guard isThrough else { return nil }
        return state.read { state in
            defer { state.failed = [] }
            return state.failed
        }
    }

    /// - Returns: false where a stop was asked for.
    private func send(_ record: SpoolRecord, to outgoing: Outgoing) throws -> Bool {
        let size = record.event.pinnedValue.count
        // Registered first: the report may come before `send` returns.
        let token = state.wait { state -> UInt64?? in
            if state.isStopping { return .some(nil) }
            guard state.awaitedBytes == 0 || state.awaitedBytes + size <= SpoolSender.window else { return nil }
            defer { state.next += 1 }
            state.awaited[state.next] = record
            state.awaitedBytes += size
            return state.next
        }
        guard let token, let token else { return false }
        do {
            while try !outgoing.send(record.event, topic: record.topic, token: token) {
                if isStopping { return false }
                MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(5)))
            }
        } catch let error as KafkaError where error.refusesMessage {
            // This client's own limit is below the message's size.
            state.update { state in
                guard state.awaited.removeValue(forKey: token) != nil else { return }
                state.awaitedBytes -= size
                state.failed.append(Failure(record: record, error: error))
            }
        }
        return true
    }

    private func put(_ refused: [Failure], asideFrom segment: SpoolFolder.Segment) throws {
        let file = try spool.folder.keepRefused(refused.map(\.record), of: segment)
        for failure in refused {
            let id = try? ImageCaptured.envelope(headers: failure.record.event.headers).id.lowercased
            logger.error(
                "image not delivered",
                ["image": id ?? "unknown", "reason": failure.error.message, "file": file])
        }
        state.update { state in
            state.refused += refused.count
            state.aside.append(file)
        }
    }

    private func finish(_ segment: SpoolFolder.Segment, _ contents: SpoolSegment) throws {
        switch contents.rest {
        case .none: try spool.folder.remove(segment)
        case .torn(let bytes):
            logger.warning(
                "the last record of a segment of the spool is unfinished and left out: its writer was killed before it counted",
                ["segment": segment.path, "bytes": bytes])
            try spool.folder.remove(segment)
        case .damaged(let bytes):
            let aside = try spool.folder.putAside(segment)
            logger.error(
                "a segment of the spool is damaged: what stands before the damage was sent, the rest is kept aside",
                ["segment": aside, "bytes": bytes])
            state.update { $0.aside.append(aside) }
        }
        spool.forget(segment)
    }
}
