import Events
import FoundationEssentials
import Kafka
import Telemetry
import Threads

extension ProduceRole {
    /// Connects to the broker. With a spool the images need not wait for one that is away.
    ///
    /// - Returns: what goes on trying, where it is away.
    func connect() throws -> Repeater? {
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
    ///
    /// - Parameter connecting: what goes on trying to connect.
    func disconnect(_ connecting: Repeater?) throws {
        spoolSender?.stop()
        let first = link.read { $0 }
        first?.spoolThread?.join()
        var unsent: [UUID: EncodedEvent] = [:]
        for (token, event) in first?.outgoing.end() ?? [] where token < SpoolSender.firstToken {
            if let id = pending.identifier(of: token) { unsent[id] = event }
        }
        for id in pending.abandon() { giveUp(id, unsent[id], because: "the broker has not acknowledged it") }
        spool?.close()
        // Nothing can get lost from here on: what follows may wait for a broker that is away.
        connecting?.stop()
        let last = link.update { link in
            defer { link = nil }
            return link
        }
        if first == nil, let last {
            last.spoolThread?.join()
            last.outgoing.close()
        }
        try last?.reading.stop()
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
}
