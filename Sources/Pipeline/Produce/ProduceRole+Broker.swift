import Events
import FoundationEssentials
import Kafka
import Telemetry
import Threads

extension ProduceRole {
    /// Connects to the broker, until a stop is asked for. With a spool the images need not wait for one that is away.
    ///
    /// A thread of its own connects: nobody who must end waits for a broker that does not answer.
    func connect() throws {
        if services.stop.isRequested { return }
        let first = Monitor<Result<Void, any Error>?>(nil)
        _ = OSThread(name: "connect") { [self] in
            let outcome = Result { try link(timeout: options.connectTimeout) }
            first.update { $0 = outcome }
            if case .failure(let error as KafkaError) = outcome, error.isAbsence, spool != nil { reconnect() }
        }
        var outcome: Result<Void, any Error>?
        while outcome == nil, !services.stop.isRequested {
            outcome = first.wait(until: MonotonicClock.deadline(after: .milliseconds(50))) { $0 }
        }
        do {
            try outcome?.get()
        } catch let error as KafkaError where error.isAbsence && spool != nil {
            services.logger.warning("\(error.message); images go to the spool until one answers")
        }
    }

    /// Tries until the broker answers or the run is over.
    private func reconnect() {
        while !connection.read({ $0.isOver }), !services.stop.isRequested {
            let pause = MonotonicClock.deadline(after: .milliseconds(500))
            if connection.wait(until: pause, for: { $0.isOver ? true : nil }) == true { return }
            do {
                try link(timeout: min(options.connectTimeout, .seconds(3)))
                return services.logger.info("the broker answers")
            } catch let error as KafkaError where error.isAbsence {
            } catch let error as RoleError where error.status == .unavailable {
                // Topics may be without leaders for a while after a broker's start.
            } catch {
                return fail(error)
            }
        }
    }

    /// A client whose one connection leads to a machine that has gone without a word would ask that one for a minute: a
    /// new client may come to another broker.
    private func resultReader(of partitions: [String: Int32], timeout: Duration) throws -> ResultReader {
        let deadline = MonotonicClock.deadline(after: timeout)
        while true {
            do {
                return try ResultReader(
                    options: options, partitions: partitions, services: services, timeout: min(timeout, .seconds(5)))
            } catch let error as KafkaError where error.isRetriable {
                if MonotonicClock.now >= deadline || services.stop.isRequested { throw error }
            }
        }
    }

    private func link(timeout: Duration) throws {
        let admin = try Admin(configuration: options.kafka)
        let partitions = try options.topics.ensure(with: admin, timeout: timeout, logger: services.logger)
        let results = try resultReader(of: partitions, timeout: timeout)
        let outgoing = try Outgoing(configuration: options.kafka, logger: services.logger) { [self] in take($0) }
        let made = BrokerLink(
            outgoing: outgoing, reading: results.start(pending: pending, credit: credit),
            imagePartitions: partitions[options.topics.images]!)
        let isWanted = connection.update { connection -> Bool in
            if !connection.isOver { connection.link = made }
            return !connection.isOver
        }
        if isWanted {
            spoolSender?.start(to: outgoing) { [self] in fail($0) }
        } else {
            outgoing.close()
            try made.reading.stop()
        }
    }

    /// Ends the connection. What has no delivery report goes to the spool, or is listed.
    func disconnect() throws {
        spoolSender?.stop()
        let link = connection.update { connection in
            defer { connection = Connection(isOver: true) }
            return connection.link
        }
        // Beside the rest, and waited for last: a consumer may take seconds to close.
        let reading = Monitor<Result<Void, any Error>?>(nil)
        _ = OSThread(name: "results-end") {
            let outcome = Result { try link?.reading.stop() }
            reading.update { $0 = outcome.map { _ in } }
        }
        spoolSender?.waitForEnd(until: end)
        var unsent: [UUID: EncodedEvent] = [:]
        for (token, event) in link?.outgoing.end() ?? [] where token < SpoolSender.firstToken {
            if let id = pending.identifier(of: token) { unsent[id] = event }
        }
        for id in pending.abandon() { giveUp(id, unsent[id], because: "the broker has not acknowledged it") }
        spool?.close(until: end)
        while !end.hasPassed {
            let pause = MonotonicClock.deadline(after: .milliseconds(100))
            if let outcome = reading.wait(until: pause, for: { $0 }) { return try outcome.get() }
        }
    }

    /// What the broker did not take goes to the spool, or is listed by its id.
    ///
    /// - Parameter waits: whether to wait for a slow disk, as long as a stop allows.
    func giveUp(_ id: UUID, _ event: EncodedEvent?, because reason: String, waits: Bool = true) {
        if let spool, let event, spool.add(event, id: id, topic: options.topics.images, waiting: waits ? end : nil) {
            return services.logger.debug("image spooled", ["image": id.lowercased, "reason": reason])
        }
        services.logger.error("image not delivered", ["image": id.lowercased, "reason": reason])
    }

    // MARK: - Delivery reports

    /// What became of images, and of messages of the spool; called on the producer's thread.
    func take(_ all: [Outgoing.Report]) {
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
            // Whatever the reason, one that is refused too: a batch is refused as a whole for one of its images. Where the
            // next start finds that it is this image, it is put aside.
            giveUp(id, rejected[id]?.event, because: rejected[id]?.error?.message ?? "", waits: false)
        }
        // What sending again cannot mend would go on failing image by image. Those of the spool that are refused are put
        // aside.
        let hopeless = all.lazy.compactMap { report -> KafkaError? in
            guard let error = report.error, !error.mayBeSentAgain else { return nil }
            return report.token >= SpoolSender.firstToken && error.refusesMessage ? nil : error
        }
        if let error = hopeless.first { fail(error) }
    }

    private func identifier(of token: UInt64) -> UUID? {
        if token < SpoolSender.firstToken { return pending.identifier(of: token) }
        return spoolSender?.record(of: token).flatMap {
            try? ImageCaptured.envelope(headers: $0.event.headers).id
        }
    }
}
