import Glibc
import Telemetry
import Threads

/// Sends what a spool keeps, beside the new images: a segment at a time, which goes once the broker has acknowledged all
/// of it. Whatever ends the process before, the next one sends the whole segment again, under the same ids.
final class SpoolSender: Sendable {
    private struct State {
        /// Records under way, by their token.
        var awaited: [UInt64: SpoolRecord] = [:]
        var awaitedBytes = 0
        /// Records that the broker did not take: they are sent again.
        var failed: [SpoolRecord] = []
        var next = SpoolSender.firstToken
        var sent = 0
        var isStopping = false
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

    /// Takes the reports of its own tokens; called on the producer's thread.
    func take(_ reports: [Outgoing.Report]) {
        state.update { state in
            for report in reports {
                guard let record = state.awaited.removeValue(forKey: report.token) else { continue }
                state.awaitedBytes -= record.event.value.count
                if report.error == nil { state.sent += 1 } else { state.failed.append(record) }
            }
        }
    }

    /// The message under way with that token.
    func record(of token: UInt64) -> SpoolRecord? { state.read { $0.awaited[token] } }

    /// Starts the sending thread.
    ///
    /// - Parameter onFailure: called once, on that thread, with what ends the sending.
    func start(to outgoing: Outgoing, onFailure: @escaping @Sendable (any Error) -> Void) -> OSThread {
        OSThread(name: "spool-send") { [self] in
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
        }
    }

    /// Asks the thread to end; segments that are not acknowledged as a whole stay.
    func stop() {
        state.update { $0.isStopping = true }
    }

    // MARK: - A segment

    private var isStopping: Bool { state.read { $0.isStopping } }

    private func rest(_ duration: Duration) {
        _ = state.wait(until: MonotonicClock.deadline(after: duration)) { $0.isStopping ? true : nil }
    }

    private func send(_ segment: SpoolFolder.Segment, to outgoing: Outgoing) throws {
        let contents = try SpoolSegment(path: segment.path)
        var left = contents.records
        while !left.isEmpty {
            for record in left {
                guard try send(record, to: outgoing) else { return }
            }
            let isThrough = state.wait { $0.awaited.isEmpty ? true : $0.isStopping ? false : nil } ?? false
            guard isThrough else { return }
            left = state.read { state in
                defer { state.failed = [] }
                return state.failed
            }
            if !left.isEmpty {
                logger.warning(
                    "images of the spool were not delivered and are sent again", ["images": left.count])
                rest(.seconds(1))
                if isStopping { return }
            }
        }
        finish(segment, contents)
    }

    /// - Returns: false where a stop was asked for.
    private func send(_ record: SpoolRecord, to outgoing: Outgoing) throws -> Bool {
        let size = record.event.value.count
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
        while try !outgoing.send(record.event, topic: record.topic, token: token) {
            if isStopping { return false }
            MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(5)))
        }
        return true
    }

    private func finish(_ segment: SpoolFolder.Segment, _ contents: SpoolSegment) {
        switch contents.rest {
        case .none: unlink(segment.path)
        case .torn(let bytes):
            logger.warning(
                "the last record of a segment of the spool is unfinished and left out: its writer was killed before it counted",
                ["segment": segment.path, "bytes": bytes])
            unlink(segment.path)
        case .damaged(let bytes):
            let aside = "\(segment.path).damaged"
            logger.error(
                "a segment of the spool is damaged: what stands before the damage was sent, the rest is kept aside",
                ["segment": aside, "bytes": bytes])
            rename(segment.path, aside)
        }
        spool.forget(segment)
    }
}
