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
/// one reads results; one writes the CSV.
public final class ProduceRole: Sendable {
    private let options: ProduceOptions
    private let services: RoleServices
    private let pending: PendingImages
    private let writer: LatencyCSVWriter?
    private let credit: CreditWindow?
    private let journal: DeliveryJournal?
    /// What ends the run before its time.
    private let failure = Monitor<(any Error)?>(nil)
    private let onProgress: @Sendable (ProduceProgress) -> Void

    /// - Parameters:
    ///   - onProgress: called about twice a second.
    /// - Throws: `LatencyError` or `RoleError` where the CSV or the journal cannot be made.
    public init(
        options: ProduceOptions, services: RoleServices,
        onProgress: @escaping @Sendable (ProduceProgress) -> Void = { _ in }
    ) throws {
        self.options = options
        self.services = services
        self.onProgress = onProgress
        writer = try options.latencies.map { path throws(LatencyError) in try LatencyCSVWriter(path: path) }
        journal = try options.journal.map { [failure] path throws(RoleError) in
            try DeliveryJournal(path: path) { error in
                failure.update { $0 = $0 ?? error }
                services.stop.request()
            }
        }
        pending = PendingImages(options: options, writer: writer)
        credit = options.takesCredit ? CreditWindow(limit: options.creditBytes, topics: options.topics) : nil
    }

    /// Sends everything, waits for the results, and says what became of each image.
    ///
    /// - Returns: the counts, and `temporaryFailure` where images were not delivered.
    /// - Throws: the error of the module that failed, before or while sending.
    public func run() throws -> (summary: ProduceSummary, status: ExitStatus) {
        let feed = try ImageFeed(dataset: Datasets.open(options.dataset), size: options.imageSize)
        let admin = try Admin(configuration: options.kafka)
        let partitions = try options.topics.ensure(
            with: admin, timeout: options.connectTimeout, logger: services.logger)
        let results = try ResultReader(options: options, partitions: partitions, services: services)
        let logger = services.logger
        let stop = services.stop
        let outgoing = try Outgoing(configuration: options.kafka, logger: logger) {
            [pending, credit, journal, failure] reports in
            journal?.append(reports.compactMap { $0.error == nil ? pending.identifier(of: $0.token) : nil })
            let instant = MonotonicClock.now
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
            for id in pending.take(reports, at: instant) {
                logger.error("image not delivered", ["image": id.lowercased])
            }
            // What sending again cannot mend would go on failing image by image.
            if let hopeless = reports.compactMap(\.error).first(where: { !$0.mayBeSentAgain }) {
                failure.update { $0 = $0 ?? hopeless }
                stop.request()
            }
        }
        if let credit { CreditInput.start(into: credit) }
        let reading = results.start(pending: pending, credit: credit)
        let progress = startProgress()

        let started = MonotonicClock.now
        let sent = Result { try send(feed, to: outgoing, imagePartitions: partitions[options.topics.images]!) }
        services.logger.info(
            "sending is over", ["unacknowledged": outgoing.unacknowledged, "in_flight": pending.count])
        waitForResults(outgoing)
        outgoing.close()
        let read = Result { try reading.stop() }
        for id in pending.abandon() {
            services.logger.error("image not delivered", ["image": id.lowercased])
        }
        progress.stop()

        var summary = pending.summary
        summary.seconds = Double(MonotonicClock.now - started) / 1e9
        let journaled = Result { try journal?.close(timeout: options.drainTimeout) }
        try writer?.close()
        if let error = failure.read({ $0 }) { throw error }
        try journaled.get()
        try sent.get()
        try read.get()
        return (summary, summary.undelivered > 0 ? .temporaryFailure : .success)
    }

    /// Waits until nothing is in flight: as long as a result may take, or, once a stop is asked for, as a drain may.
    private func waitForResults(_ outgoing: Outgoing) {
        var deadline = MonotonicDeadline(after: max(options.drainTimeout, options.resultTimeout))
        var isDraining = false
        while !deadline.hasPassed {
            if services.stop.isRequested, !isDraining {
                isDraining = true
                deadline = MonotonicDeadline(after: min(options.drainTimeout, deadline.remaining))
            }
            outgoing.flush(timeout: min(deadline.remaining, .milliseconds(200)))
            let next = MonotonicClock.deadline(after: min(deadline.remaining, .milliseconds(200)))
            if pending.waitUntilEmpty(until: next) { return }
        }
    }

    // MARK: - Sending

    private func send(_ feed: ImageFeed, to outgoing: Outgoing, imagePartitions: Int32) throws {
        var schedule = ArrivalSchedule(rate: options.rate, arrival: options.arrival, seed: options.seed)
        let sleeper = services.stop
        // The first images are encoded before the clock starts.
        _ = try feed.item(at: 0)
        let start = MonotonicClock.now + 1_000_000
        let end = options.duration.map { start + UInt64($0.nanoseconds) } ?? .max
        var token: UInt64 = 0
        while token < UInt64(options.count ?? .max) {
            let planned = start + schedule.next()
            guard planned < end else { break }
            if planned > MonotonicClock.now, sleeper.wait(until: planned) { break }
            if sleeper.isRequested { break }
            let item = try feed.item(at: Int(token % UInt64(feed.count)))
            let device = Int(token % UInt64(options.devices))
            let event = ImageCaptured(
                id: EventIdentifier.make(), deviceID: options.deviceID(device),
                capturedAt: pending.timestamp(at: planned), label: item.label, trace: TraceContext.make(),
                png: item.png)
            pending.add(
                PendingImages.Image(
                    token: token, id: event.id, device: device, label: item.label, planned: planned))
            if pending.count > options.maxInFlight {
                pending.refuse(event.id)
            } else {
                try send(event, token: token, to: outgoing, partitions: imagePartitions)
            }
            token += 1
        }
    }

    private func send(_ event: ImageCaptured, token: UInt64, to outgoing: Outgoing, partitions: Int32) throws {
        let encoded = event.encoded()
        var partition: Int32 = -1
        if let credit {
            partition = Producer.partition(forKey: Array(event.deviceID.utf8), partitionCount: partitions)
            while !credit.take(
                encoded, id: event.id, partition: partition, until: MonotonicClock.deadline(after: .milliseconds(100)))
            {
                // Stopped while waiting: the image was planned and is reported as undelivered.
                if services.stop.isRequested { return pending.refuse(event.id) }
            }
        }
        do {
            while try !outgoing.send(encoded, topic: options.topics.images, partition: partition, token: token) {
                if services.stop.isRequested {
                    credit?.drop(event.id, partition: partition)
                    return pending.refuse(event.id)
                }
                MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(1)))
            }
            pending.sent(event.id, at: MonotonicClock.now, bytes: event.png.count)
        } catch {
            pending.refuse(event.id)
            throw error
        }
    }

    // MARK: - Progress

    private func startProgress() -> Repeater {
        let last = Monitor((planned: 0, instant: MonotonicClock.now))
        return Repeater(name: "progress", every: .milliseconds(500)) { [pending, onProgress] in
            let now = MonotonicClock.now
            pending.expire(at: now)
            let summary = pending.summary
            let rate = last.read { last -> Double in
                defer { last = (summary.planned, now) }
                return Double(summary.planned - last.planned) / (Double(now - last.instant) / 1e9)
            }
            onProgress(ProduceProgress(summary: summary, inFlight: pending.count, rate: rate))
        }
    }
}
