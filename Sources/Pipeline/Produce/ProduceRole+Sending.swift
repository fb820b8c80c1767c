import Events
import FoundationEssentials
import Kafka
import Telemetry
import Threads

extension ProduceRole {
    /// How long the producer's queue may be full before images go to the spool.
    private static let queuePatience = Duration.seconds(1)

    /// Sends images at their planned instants, or as a closed loop lets it, until the count, the duration or a stop.
    func send(_ feed: ImageFeed) throws {
        var schedule = ArrivalSchedule(
            rate: options.rate, ramp: options.ramp, warmUp: options.warmUp, arrival: options.arrival, seed: options.seed
        )
        // The first images are encoded before the clock starts.
        _ = try feed.item(at: 0)
        if options.closedLoop != nil { services.stop.onRequest { [pending] in pending.endWaitForRoom() } }
        let isOpen = options.closedLoop == nil
        // A closed loop sends at once.
        let start = MonotonicClock.now + (isOpen ? 1_000_000 : 0)
        let warmUpEnd = start + UInt64(options.warmUp.nanoseconds)
        let end = options.duration.map { warmUpEnd + UInt64($0.nanoseconds) } ?? .max
        var token: UInt64 = 0
        var counted = 0
        var isClogged = false
        while counted < options.count ?? .max {
            guard var planned = isOpen ? instant(start + schedule.next(), until: end) : turn(until: end) else { break }
            let item = try feed.item(at: Int(token % UInt64(feed.count)))
            let (id, device) = (pending.identifiers.make(token), Int(token % UInt64(options.devices)))
            if !isOpen {
                // What a user waits for before it may send is no part of the latency.
                guard try takeCredit(id, device: device, bytes: item.png.count, until: end) else { break }
                planned = MonotonicClock.now
            }
            let envelope = ImageCaptured.Envelope(
                id: id, deviceID: options.deviceID(device), capturedAt: pending.timestamp(at: planned),
                label: item.label, trace: TraceContext.make())
            let image = PendingImage(
                token: token, id: id, device: device, label: item.label, planned: planned, bytes: item.png.count,
                isWarmUp: planned < warmUpEnd)
            pending.add(image)
            try send(envelope.encoded(png: item.png), of: image, isClogged: &isClogged)
            token += 1
            if !image.isWarmUp { counted += 1 }
        }
    }

    // MARK: - Planned instants

    /// Waits for a planned instant of the open loop; nil where the run ends before.
    private func instant(_ planned: UInt64, until end: UInt64) -> UInt64? {
        guard planned < end else { return nil }
        if planned > MonotonicClock.now, services.stop.wait(until: planned) { return nil }
        return services.stop.isRequested ? nil : planned
    }

    /// Waits until one of the closed loop's users may send: from now on. Nil where the run ends before.
    private func turn(until end: UInt64) -> UInt64? {
        pending.waitForRoom(below: options.closedLoop ?? 1, until: end) ? MonotonicClock.now : nil
    }

    // MARK: - One image

    /// - Parameter isClogged: whether the queue has been full for so long that nobody waits for it any more.
    private func send(_ event: EncodedEvent, of image: PendingImage, isClogged: inout Bool) throws {
        func refuse(_ reason: String) {
            pending.refuse(image.token)
            giveUp(image.id, event, because: reason)
        }
        if pending.count > options.maxInFlight { return refuse("more are in flight than --max-in-flight allows") }
        guard let link = connection.read({ $0.link }) else { return refuse("no broker has answered") }
        if options.closedLoop == nil {
            do throws(RoleError) {
                // Stopped while waiting: the image was planned and is reported as undelivered.
                guard try takeCredit(image.id, device: image.device, bytes: image.bytes, until: .max) else {
                    return refuse("the run was stopped")
                }
            } catch {
                refuse(error.message)
                throw error
            }
        }
        let partition = partition(ofDevice: image.device)
        let patience = MonotonicDeadline(after: ProduceRole.queuePatience)
        do {
            pending.send(image.token, at: MonotonicClock.now)
            while try !link.outgoing.send(
                event, topic: options.topics.images, partition: partition, token: image.token)
            {
                let isHopeless = spool != nil && (isClogged || patience.hasPassed)
                guard isHopeless || services.stop.isRequested else {
                    MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(1)))
                    pending.send(image.token, at: MonotonicClock.now)
                    continue
                }
                isClogged = isHopeless
                credit?.drop(image.id, partition: partition)
                return refuse(isHopeless ? "the producer's queue stayed full" : "the run was stopped")
            }
            isClogged = false
        } catch {
            credit?.drop(image.id, partition: partition)
            pending.refuse(image.token)
            // One that is too large for this client is so at every start; everything else is worth keeping.
            let isTooLarge = (error as? KafkaError)?.code == .messageTooLarge
            giveUp(image.id, isTooLarge ? nil : event, because: "\(error)")
            throw error
        }
    }

    // MARK: - Credit

    /// The partition of a device's images, where credit is counted by partition; else -1, and the key decides.
    private func partition(ofDevice device: Int) -> Int32 {
        guard credit != nil, let link = connection.read({ $0.link }) else { return -1 }
        return Producer.partition(
            forKey: Array(options.deviceID(device).utf8), partitionCount: link.imagePartitions)
    }

    /// Waits until the embedded broker has room for an image of so many bytes; without one it always has.
    ///
    /// - Parameter end: a `MonotonicClock` instant.
    /// - Returns: false where a stop was asked for or `end` has come before.
    private func takeCredit(_ id: UUID, device: Int, bytes: Int, until end: UInt64) throws(RoleError) -> Bool {
        guard let credit else { return true }
        let partition = partition(ofDevice: device)
        while MonotonicClock.now < end {
            let next = min(end, MonotonicClock.deadline(after: .milliseconds(100)))
            if try credit.take(bytes, id: id, partition: partition, until: next) { return true }
            if services.stop.isRequested { return false }
        }
        return false
    }
}
