import Events
import FoundationEssentials
import Images
import Kafka
import Latency
import Telemetry
import Threads

/// Simulated IoT devices: sends images at planned instants and measures how long each takes to come back as a result.
///
/// Open loop: the plan never waits for results. Threads: the caller's sends; the producer's own takes delivery reports;
/// one reads results; one each writes the CSV, the journal and the spool, and one sends what the spool keeps.
public final class ProduceRole: Sendable {
    let options: ProduceOptions
    let services: RoleServices
    let pending: PendingImages
    let credit: CreditWindow?
    let spool: Spool?
    /// Nil until the broker has answered, where there is a spool.
    let link = Monitor<BrokerLink?>(nil)
    private let writer: LatencyCSVWriter?
    private let journal: DeliveryJournal?
    private let spoolSender: SpoolSender?
    /// What ends the run before its time.
    private let failure = Monitor<(any Error)?>(nil)
    private let onProgress: @Sendable (ProduceProgress) -> Void

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
            try DeliveryJournal(path: path, onFailure: fail)
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
        defer { spool?.close() }
        let feed = try ImageFeed(dataset: Datasets.open(options.dataset), size: options.imageSize)
        let connecting = try connect()
        if let credit { CreditInput.start(into: credit) }
        let progress = startProgress()

        let started = MonotonicClock.now
        let sent = Result { try send(feed) }
        services.logger.info("sending is over", ["in_flight": pending.count])
        waitForResults()
        connecting?.stop()
        let read = Result { try disconnect() }
        progress.stop()
        spool?.close()

        var summary = self.summary
        summary.seconds = Double(MonotonicClock.now - started) / 1e9
        let journaled = Result { try journal?.close(timeout: options.drainTimeout) }
        try writer?.close()
        if let error = failure.read({ $0 }) { throw error }
        try journaled.get()
        try sent.get()
        try read.get()
        return (summary, summary.isComplete ? .success : .temporaryFailure)
    }

    private func fail(_ error: any Error) {
        failure.update { $0 = $0 ?? error }
        services.stop.request()
    }

    // MARK: - Broker

    /// Connects to the broker. With a spool the images need not wait for one that is away.
    ///
    /// - Returns: what goes on trying, where it is away.
    private func connect() throws -> Repeater? {
        do {
            try link(timeout: options.connectTimeout)
            return nil
        } catch let error as KafkaError where error.isAbsence && spool != nil {
            services.logger.warning("\(error.message); images go to the spool until one answers")
        }
        return Repeater(name: "connect", every: .milliseconds(500)) { [self] in
            guard link.read({ $0 == nil }), !services.stop.isRequested else { return }
            do {
                try link(timeout: min(options.connectTimeout, .seconds(3)))
                services.logger.info("the broker answers")
            } catch let error as KafkaError where error.isAbsence {
            } catch let error as RoleError where error.status == .unavailable {
                // Topics may be without leaders for a while after a broker's start.
            } catch {
                fail(error)
            }
        }
    }

    private func link(timeout: Duration) throws {
        let admin = try Admin(configuration: options.kafka)
        let partitions = try options.topics.ensure(with: admin, timeout: timeout, logger: services.logger)
        let results = try ResultReader(options: options, partitions: partitions, services: services, timeout: timeout)
        let outgoing = try Outgoing(configuration: options.kafka, logger: services.logger) { [self] in take($0) }
        let made = BrokerLink(
            outgoing: outgoing, reading: results.start(pending: pending, credit: credit),
            imagePartitions: partitions[options.topics.images]!,
            spoolThread: spoolSender?.start(to: outgoing) { [self] in fail($0) })
        link.update { $0 = made }
    }

    /// Ends the connection. What has no delivery report goes to the spool, or is listed.
    private func disconnect() throws {
        spoolSender?.stop()
        var unsent: [UUID: EncodedEvent] = [:]
        var failure: (any Error)?
        if let link = link.update({ link in
            defer { link = nil }
            return link
        }) {
            link.spoolThread?.join()
            for (token, event) in link.outgoing.end() where token < SpoolSender.firstToken {
                if let id = pending.identifier(of: token) { unsent[id] = event }
            }
            do { try link.reading.stop() } catch { failure = error }
        }
        for id in pending.abandon() { giveUp(id, unsent[id], because: "the broker has not acknowledged it") }
        if let failure { throw failure }
    }

    /// What the broker did not take goes to the spool, or is listed by its id.
    ///
    /// - Parameter waits: whether to wait for a slow disk.
    func giveUp(_ id: UUID, _ event: EncodedEvent?, because reason: String, waits: Bool = true) {
        if let spool, let event, spool.add(event, id: id, topic: options.topics.images, waits: waits) {
            return services.logger.debug("image spooled", ["image": id.lowercased, "reason": reason])
        }
        services.logger.error("image not delivered", ["image": id.lowercased, "reason": reason])
    }

    // MARK: - Delivery reports

    private func take(_ all: [Outgoing.Report]) {
        let instant = MonotonicClock.now
        let reports = all.filter { $0.token < SpoolSender.firstToken }
        journal?.append(all.compactMap { $0.error == nil ? identifier(of: $0.token) : nil })
        if let spoolSender, reports.count < all.count { spoolSender.take(all) }
        if let credit {
            for report in reports {
                guard let id = pending.identifier(of: report.token) else { continue }
                if report.error == nil {
                    credit.imageStored(id, partition: report.partition, offset: report.offset)
                } else {
                    credit.drop(id, partition: report.partition)
                }
            }
        }
        let failed = reports.filter { $0.error != nil }
        var rejected: [UUID: Outgoing.Report] = [:]
        for report in failed {
            if let id = pending.identifier(of: report.token) { rejected[id] = report }
        }
        for id in pending.take(reports, at: instant) {
            // What sending again cannot mend is not kept: it would fail at every start.
            let report = rejected[id]
            let event = report?.error?.mayBeSentAgain == true ? report?.event : nil
            giveUp(id, event, because: report?.error?.message ?? "", waits: false)
        }
        // What sending again cannot mend would go on failing image by image.
        if let hopeless = all.lazy.compactMap(\.error).first(where: { !$0.mayBeSentAgain }) { fail(hopeless) }
    }

    private func identifier(of token: UInt64) -> UUID? {
        if token < SpoolSender.firstToken { return pending.identifier(of: token) }
        return spoolSender?.record(of: token).flatMap {
            try? ImageCaptured.envelope(headers: $0.event.headers).id
        }
    }

    // MARK: - Results and progress

    /// Waits until nothing is in flight and the spool is empty: as long as a result may take, or, once a stop is asked
    /// for, as a drain may. A spool that gets emptier is waited for.
    private func waitForResults() {
        let patience = max(options.drainTimeout, options.resultTimeout)
        var deadline = MonotonicDeadline(after: patience)
        var isDraining = false
        var sent = spoolSender?.sent ?? 0
        while !deadline.hasPassed {
            if services.stop.isRequested, !isDraining {
                isDraining = true
                spoolSender?.stop()
                deadline = MonotonicDeadline(after: min(options.drainTimeout, deadline.remaining))
            }
            if !isDraining, let now = spoolSender?.sent, now > sent {
                sent = now
                deadline = MonotonicDeadline(after: patience)
            }
            let link = link.read { $0 }
            // Where the broker never answered there is nothing to wait for.
            if link == nil, isDraining || pending.count == 0 { return }
            link?.outgoing.flush(timeout: min(deadline.remaining, .milliseconds(200)))
            let next = MonotonicClock.deadline(after: min(deadline.remaining, .milliseconds(200)))
            guard pending.waitUntilEmpty(until: next) else { continue }
            if isDraining || spool?.used ?? 0 == 0 { return }
            services.stop.wait(until: MonotonicClock.deadline(after: .milliseconds(50)))
        }
    }

    private var summary: ProduceSummary {
        var summary = pending.summary
        if let spool {
            summary.spool = ProduceSummary.Spool(
                folder: spool.folder.path, spooled: spool.spooled, sent: spoolSender?.sent ?? 0, left: spool.used)
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
                defer { last = (summary.planned, now) }
                return Double(summary.planned - last.planned) / (Double(now - last.instant) / 1e9)
            }
            onProgress(ProduceProgress(summary: summary, inFlight: pending.count, rate: rate))
        }
    }
}
