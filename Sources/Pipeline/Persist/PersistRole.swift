import Events
import Kafka
import Postgres
import Telemetry
import Threads

/// Stores images, results and dead letters in PostgreSQL: rows and consumed offsets in one transaction, so that every
/// event has exactly one row whatever is killed when.
///
/// One batch is written on a thread of its own while the next one is collected. While the database or the broker is away
/// the partitions are paused and polling goes on, so that the group stays.
public final class PersistRole: @unchecked Sendable {
    // `@unchecked`: the variables below are touched by the thread that calls `run` alone. Rebalance callbacks come inside
    // its calls of `poll` and `close`.
    let options: PersistOptions
    let services: RoleServices
    let counters: PersistCounters
    let drain: DrainLimit
    var summary = PersistSummary()
    /// What was read and is still to be written.
    var collected = PersistBatch()
    /// What is being written, or is to be written again.
    var unstored = PersistBatch()
    /// What was stored last, and is still to be freed.
    var spent = PersistBatch()
    /// The first attempt to write `unstored`.
    var attempt: BackgroundCall<PersistStore.Outcome?>?
    /// How long a write may take before the group has to be shown that this member lives.
    let patience: Duration
    private var isReady = false
    /// When the group last took this member's name away (a `MonotonicClock` instant).
    private var fencedAt: UInt64?

    /// - Parameters:
    ///   - services: log, metrics and stop signal.
    public convenience init(options: PersistOptions, services: RoleServices) {
        self.init(options: options, services: services, patience: .seconds(5))
    }

    init(options: PersistOptions, services: RoleServices, patience: Duration) {
        self.patience = patience
        self.options = options
        self.services = services
        counters = PersistCounters(services.metrics)
        drain = DrainLimit(services.stop, timeout: options.drainTimeout)
    }

    /// Stores until a stop is asked for; the last batch is stored first.
    ///
    /// - Throws: `PostgresError`, `KafkaError`, or `RoleError` (65) where stored offsets and the broker's do not fit.
    public func run() throws -> PersistSummary {
        let logger = services.logger
        let admin = try Admin(configuration: options.kafka)
        _ = try options.topics.ensure(with: admin, timeout: options.connectTimeout, logger: logger)
        let clusterID = try admin.metadata(timeout: options.connectTimeout).clusterID ?? "unknown"
        let store = PersistStore(database: options.database, clusterID: clusterID, group: options.group)
        let start = OutageRetry(services: services, limit: MonotonicDeadline(after: options.connectTimeout))
        do {
            try start.run(waiting: { services.stop.wait(until: MonotonicClock.deadline(after: $0)) }) {
                let applied = try store.connect()
                if !applied.isEmpty { logger.info("migrations applied", ["names": applied.joined(separator: ",")]) }
            }
        } catch let error where services.stop.isRequested && PersistRole.isAbsence(error) {
            // Nothing was begun.
            return summary
        }
        let letters = try DeadLetterSender(
            configuration: options.kafka, topic: options.topics.deadLetters, logger: logger)
        defer { letters.close() }
        let offsets = OffsetGuard(options: options, store: store, admin: admin, logger: logger)
        var isBack = false
        while !services.stop.isRequested {
            if isBack { try ensureTopics(with: admin) }
            isBack = true
            logger.info(
                "joining",
                ["topics": options.topics.all.joined(separator: ","), "group": options.group, "cluster": clusterID])
            let reader = try PersistReader(options, logger: logger) { [unowned self] partitions in
                collected.remove(partitions)
                unstored.remove(partitions)
            }
            defer {
                if services.stop.isRequested { ServiceNotification.stopping() }
                giveUpWriting()
                reader.close()
            }
            do {
                while true {
                    try collect(from: reader)
                    try finishWriting(to: store, letters: letters, reader: reader)
                    // Where the broker does not hold the next offset any more, joining anew looks at all offsets again.
                    if reader.hasLostPlace || services.stop.isRequested && collected.isEmpty { break }
                    try place(reader, offsets)
                    startWriting(to: store, after: reader.stored)
                }
            } catch let error as KafkaError where error.code == .fenced && isFirstFence() {
                // A static member may be fenced by itself: by what it sent before a broken connection made it join anew.
                logger.warning("the group has taken this member's name away: joining anew: \(error.message)")
            } catch let error where services.stop.isRequested && PersistRole.isAbsence(error) {
                // Nothing is lost: the offsets of these messages are not stored.
                logger.warning(
                    "stopped while a server is away: what was not stored is read again by the next: \(error)",
                    ["messages": collected.count + unstored.count])
            }
        }
        return summary
    }

    /// Whether the last time is a minute ago or more: two processes of one name would fence each other for ever.
    private func isFirstFence() -> Bool {
        let now = MonotonicClock.now
        defer { fencedAt = now }
        return fencedAt.map { now - $0 > 60_000_000_000 } ?? true
    }

    /// The topics again, before joining anew: one of them may be what was missing.
    private func ensureTopics(with admin: Admin) throws {
        let wait = { [services] (pause: Duration) in
            _ = services.stop.wait(until: MonotonicClock.deadline(after: pause))
        }
        _ = try OutageRetry(services: services).run(waiting: wait) {
            try options.topics.ensure(with: admin, timeout: .seconds(5), logger: services.logger)
        }
    }

    // MARK: - Partitions

    private func place(_ reader: PersistReader, _ offsets: OffsetGuard) throws {
        if !reader.waiting.isEmpty {
            let starts = try retrying(reader, drain: nil) { try offsets.starts(for: reader.waiting) }
            try reader.place(starts)
        }
        // Only a member of the group that knows its place can serve.
        guard !isReady, reader.isMember, reader.waiting.isEmpty else { return }
        isReady = true
        ServiceNotification.ready()
    }

    // MARK: - Batches

    /// Bytes of values in one batch at most: with large images a batch is full before it has its messages.
    private static let batchBytes = 8 << 20

    private func collect(from reader: PersistReader) throws {
        var deadline: MonotonicDeadline?
        while collected.count < options.batch, collected.bytes < PersistRole.batchBytes, !services.stop.isRequested {
            let timeout = deadline?.remaining ?? .milliseconds(100)
            add(try reader.poll(maximum: min(100, options.batch - collected.count), timeout: timeout))
            if !reader.waiting.isEmpty || reader.hasLostPlace || collected.isEmpty { return }
            if deadline == nil { deadline = MonotonicDeadline(after: options.batchDelay) }
            if deadline?.hasPassed == true { return }
        }
        // More waits, it seems.
        reader.refill()
    }

    func add(_ messages: [KafkaMessage]) {
        for message in messages { collected.add(message, topics: options.topics) }
    }

    // MARK: - Outages

    /// Whether an error only says that a server is away.
    private static func isAbsence(_ error: any Error) -> Bool {
        OutageRetry.passes(error) || (error as? RoleError)?.status == .temporaryFailure
    }

    /// Repeats `body` while the database or a broker is away; polls meanwhile with all partitions paused.
    ///
    /// - Parameter drain: how long a stop is to wait for it; nil not at all.
    func retrying<Result>(
        _ reader: PersistReader, drain: DrainLimit?, _ body: () throws -> Result
    ) throws -> Result {
        var isIdle = false
        let result = try OutageRetry(services: services, drain: drain).run(waiting: { timeout in
            isIdle = true
            // What was under way when the partitions were paused.
            add(try reader.idle(for: timeout))
        }) {
            try body()
        }
        if isIdle { try reader.resume() }
        return result
    }
}
