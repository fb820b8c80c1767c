import Events
import Kafka
import Telemetry
import Threads

extension ProduceRole {
    /// How long the producer's queue may be full before images go to the spool.
    private static let queuePatience = Duration.seconds(1)

    /// Sends images at their planned instants until the count, the duration or a stop.
    func send(_ feed: ImageFeed) throws {
        var schedule = ArrivalSchedule(rate: options.rate, arrival: options.arrival, seed: options.seed)
        let sleeper = services.stop
        // The first images are encoded before the clock starts.
        _ = try feed.item(at: 0)
        let start = MonotonicClock.now + 1_000_000
        let warmUpEnd = start + UInt64(options.warmUp.nanoseconds)
        let end = options.duration.map { warmUpEnd + UInt64($0.nanoseconds) } ?? .max
        var token: UInt64 = 0
        var counted = 0
        var isClogged = false
        while counted < options.count ?? .max {
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
            let image = PendingImage(
                token: token, id: event.id, device: device, label: item.label, planned: planned,
                isWarmUp: planned < warmUpEnd)
            pending.add(image)
            try send(event, token: token, isClogged: &isClogged)
            token += 1
            if !image.isWarmUp { counted += 1 }
        }
    }

    /// - Parameter isClogged: whether the queue has been full for so long that nobody waits for it any more.
    private func send(_ event: ImageCaptured, token: UInt64, isClogged: inout Bool) throws {
        let encoded = event.encoded()
        func refuse(_ reason: String) {
            pending.refuse(event.id)
            giveUp(event.id, encoded, because: reason)
        }
        if pending.count > options.maxInFlight { return refuse("more are in flight than --max-in-flight allows") }
        guard let link = connection.read({ $0.link }) else { return refuse("no broker has answered") }
        var partition: Int32 = -1
        if let credit {
            partition = Producer.partition(
                forKey: Array(event.deviceID.utf8), partitionCount: link.imagePartitions)
            do throws(RoleError) {
                while !(try credit.take(
                    encoded, id: event.id, partition: partition,
                    until: MonotonicClock.deadline(after: .milliseconds(100))))
                {
                    // Stopped while waiting: the image was planned and is reported as undelivered.
                    if services.stop.isRequested { return refuse("the run was stopped") }
                }
            } catch {
                refuse(error.message)
                throw error
            }
        }
        let patience = MonotonicDeadline(after: ProduceRole.queuePatience)
        do {
            while try !link.outgoing.send(encoded, topic: options.topics.images, partition: partition, token: token) {
                let isHopeless = spool != nil && (isClogged || patience.hasPassed)
                guard isHopeless || services.stop.isRequested else {
                    MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(1)))
                    continue
                }
                isClogged = isHopeless
                credit?.drop(event.id, partition: partition)
                return refuse(isHopeless ? "the producer's queue stayed full" : "the run was stopped")
            }
            isClogged = false
            pending.sent(event.id, at: MonotonicClock.now, bytes: event.png.count)
        } catch {
            credit?.drop(event.id, partition: partition)
            pending.refuse(event.id)
            // One that is too large for this client is so at every start; everything else is worth keeping.
            let isTooLarge = (error as? KafkaError)?.code == .messageTooLarge
            giveUp(event.id, isTooLarge ? nil : encoded, because: "\(error)")
            throw error
        }
    }
}
