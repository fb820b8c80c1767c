import Events
import FoundationEssentials
import Images
import Kafka
import Latency
import Telemetry
import Threads

/// Simulated IoT devices: sends images at planned instants and measures how long each takes to come back as a result.
///
/// Open loop: the plan never waits for results; a closed loop is for finding the capacity. Threads: the caller's sends; the producer's own takes delivery reports;
/// one reads results; one each writes the CSV, the journal and the spool, and one sends what the spool keeps.
public final class ProduceRole: Sendable {
    let options: ProduceOptions
    let services: RoleServices
    let pending: PendingImages
    let credit: CreditWindow?
    let spool: Spool?
    /// The connection to the broker.
    let connection = Monitor(Connection())
    /// Until when a stop lets what was begun be finished, and until when the end may take that follows: after that the
    /// process is cut, with its summary.
    let (drain, end): (DrainLimit, DrainLimit)
    private let writer: LatencyCSVWriter?
    let journal: DeliveryJournal?
    let spoolSender: SpoolSender?
    /// What ends the run before its time.
    private let failure = Monitor<(any Error)?>(nil)
    private let onProgress: @Sendable (ProduceProgress) -> Void

    /// The connection to the broker, and whether it is still wanted.
    struct Connection {
        /// Nil until the broker has answered, where there is a spool.
        var link: BrokerLink?
        /// Whether the run has ended: a connection that is made now is let go of.
        var isOver = false
    }

    /// - Parameters:
    ///   - onProgress: called about twice a second.
    /// - Throws: `LatencyError` or `RoleError` where the CSV, the journal or the spool cannot be made.
    public init(
        options: ProduceOptions, services: RoleServices,
        onProgress: @escaping @Sendable (ProduceProgress) -> Void = { _ in }
    ) throws {
        self.options = options
        self.services = services
        self.onProgress = onProgress
        drain = DrainLimit(services.stop, timeout: options.drainTimeout)
        end = DrainLimit(services.stop, timeout: options.drainTimeout + .seconds(4))
        let fail: @Sendable (any Error) -> Void = { [failure] error in
            failure.update { $0 = $0 ?? error }
            services.stop.request()
        }
        let spool = try options.spool.map { path throws(RoleError) in
            try Spool(path: path, limit: options.spoolLimit, logger: services.logger, onFailure: fail)
        }
        self.spool = spool
        spoolSender = spool.map { SpoolSender(spool: $0, logger: services.logger) }
        journal = try options.journal.map { path throws(RoleError) in
            try DeliveryJournal(path: path, stop: services.stop, onFailure: fail)
        }
        writer = try options.latencies.map { path throws(LatencyError) in try LatencyCSVWriter(path: path) }
        pending = PendingImages(options: options, writer: writer)
        credit =
            options.takesCredit
            ? CreditWindow(limit: options.creditBytes, producers: options.producers, topics: options.topics) : nil
    }

    /// Sends everything, waits for the results, and says what became of each image.
    ///
    /// - Returns: the counts, and `temporaryFailure` where images were not delivered or wait in the spool.
    /// - Throws: the error of the module that failed, before or while sending.
    public func run() throws -> (summary: ProduceSummary, status: ExitStatus) {
        // Once more: what fails before the end leaves the folder to others, too.
        defer { spool?.close(until: end) }
        let feed = try ImageFeed(dataset: Datasets.open(options.dataset), size: options.imageSize)
        try connect()
        if let credit { CreditInput.start(into: credit) }
        let progress = startProgress()

        let started = MonotonicClock.now
        let sent = Result { try send(feed) }
        services.logger.info("sending is over", ["in_flight": pending.count])
        waitForResults()
        let read = Result { try disconnect() }
        progress.stop()

        var summary = self.summary
        summary.seconds = max(0, Double(MonotonicClock.now - started) / 1e9 - options.warmUp.inSeconds)
        let journaled = Result { try journal?.close(timeout: options.drainTimeout, until: end) }
        try writer?.close()
        if let error = failure.read({ $0 }) { throw error }
        try journaled.get()
        try sent.get()
        try read.get()
        return (summary, summary.isComplete ? .success : .temporaryFailure)
    }

    /// Ends the run with that error, once it is drained.
    func fail(_ error: any Error) {
        failure.update { $0 = $0 ?? error }
        services.stop.request()
    }

    // MARK: - Results and progress

    /// Waits until nothing is in flight and the spool is empty: as long as a result may take, or, once a stop is asked
    /// for, as a drain may. A spool that gets emptier is waited for.
    private func waitForResults() {
        let patience = max(options.drainTimeout, options.resultTimeout)
        var deadline = MonotonicDeadline(after: patience)
        var isDraining = false
        var sent = spoolSender?.sent ?? 0
        while !deadline.hasPassed, !drain.hasPassed {
            if services.stop.isRequested, !isDraining {
                isDraining = true
                spoolSender?.stop()
                deadline = MonotonicDeadline(after: min(options.drainTimeout, deadline.remaining))
            }
            if !isDraining, let now = spoolSender?.sent, now > sent {
                sent = now
                deadline = MonotonicDeadline(after: patience)
            }
            let link = connection.read { $0.link }
            // Where the broker never answered there is nothing to wait for.
            if link == nil, isDraining || pending.count == 0 { return }
            link?.outgoing.flush(timeout: min(deadline.remaining, .milliseconds(200)))
            pending.expire(at: MonotonicClock.now)
            let next = MonotonicClock.deadline(after: min(deadline.remaining, .milliseconds(200)))
            guard pending.waitUntilEmpty(until: next) else { continue }
            if isDraining || spool?.used ?? 0 == 0 { return }
            services.stop.wait(until: MonotonicClock.deadline(after: .milliseconds(50)))
        }
    }

    private var summary: ProduceSummary {
        var summary = pending.summary
        summary.closedLoop = options.closedLoop
        if let spool {
            summary.spool = ProduceSummary.Spool(
                folder: spool.folder.path, spooled: spool.spooled, sent: spoolSender?.sent ?? 0, left: spool.used,
                refused: spoolSender?.refused ?? 0, newlyAside: spoolSender?.aside ?? [], aside: spool.folder.aside)
        }
        return summary
    }

    private func startProgress() -> Repeater {
        let last = Monitor((planned: 0, instant: MonotonicClock.now))
        return Repeater(name: "progress", every: .milliseconds(500)) { [self] in
            let now = MonotonicClock.now
            pending.expire(at: now)
            let summary = summary
            let rate = last.read { last -> Double in
                let planned = summary.planned + (summary.warmUp?.planned ?? 0)
                defer { last = (planned, now) }
                return Double(planned - last.planned) / (Double(now - last.instant) / 1e9)
            }
            onProgress(ProduceProgress(summary: summary, inFlight: pending.count, rate: rate))
        }
    }
}
