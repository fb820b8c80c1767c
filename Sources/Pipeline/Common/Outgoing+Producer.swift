import Events
import Kafka
import Threads

/// The producer behind an `Outgoing`: what its reports mean, and how it is replaced.
extension Outgoing {
    /// Makes a producer whose reports count while the generation is that one.
    func makeProducer(generation: Int) throws(KafkaError) -> Producer {
        try Producer(
            configuration: configuration,
            onDelivery: { [weak self] reports in self?.take(reports, generation: generation) },
            onError: { [logger] error in logger.warning("producer: \(error.message)", ["error": error.name]) })
    }

    private func take(_ reports: [Producer.DeliveryReport], generation: Int) {
        let valid = state.update { state -> [Report] in
            guard generation == state.generation else { return [] }
            var valid: [Report] = []
            valid.reserveCapacity(reports.count)
            for report in reports {
                // After a fatal error everything queued fails with it: the next producer sends that again. At the end what
                // was given up fails: it stays without a report.
                if let error = report.error,
                    error.isFatal || state.isEnding || state.producer?.fatalError != nil
                {
                    continue
                }
                if let error = report.error, state.doubts(error, about: report.token) { continue }
                guard let pending = state.pending.remove(report.token) else { continue }
                if report.error == nil { state.took(pending.topic) }
                valid.append(
                    Report(
                        token: report.token, partition: report.partition, offset: report.offset, error: report.error,
                        event: report.error == nil ? nil : pending.event))
            }
            return valid
        }
        if !valid.isEmpty { onReport(valid) }
    }

    /// Forgets an event that its producer did not take.
    ///
    /// - Returns: false where that producer was replaced meanwhile: the new one sends the event.
    func withdraw(_ token: UInt64, from generation: Int) -> Bool {
        state.read { state in
            guard state.generation == generation else { return false }
            state.pending.remove(token)
            return true
        }
    }

    /// Makes the producer of that generation anew, and again where the new one fails while it gets what is unacknowledged.
    func restart(after error: KafkaError, generation: Int) throws {
        let old = state.update { state -> Producer? in
            guard state.generation == generation, !state.isResending, !state.isEnding else { return nil }
            state.generation += 1
            state.isResending = true
            state.doubt = nil
            defer { state.producer = nil }
            return state.producer
        }
        // Another thread is at it already.
        guard var old else { return }
        defer { state.update { $0.isResending = false } }
        var (error, generation) = (error, generation + 1)
        while true {
            logger.warning(
                "the producer is made anew; what was unacknowledged is sent again",
                ["error": error.name, "unacknowledged": unacknowledged])
            old.close()
            do throws(KafkaError) {
                old = try makeProducer(generation: generation)
            } catch {
                state.update { $0.failure = error }
                throw error
            }
            let (replacement, current) = (old, generation)
            let isWanted = state.update { state -> Bool in
                // Reports of the replacement count from here on, and so does a fatal error of its own.
                guard state.generation == current, !state.isEnding else { return false }
                state.producer = replacement
                return true
            }
            guard isWanted else { return replacement.close() }
            guard let next = resend(to: replacement) else { return }
            // This one has failed for good, too.
            error = next
            let goesOn = state.update { state -> Bool in
                guard state.generation == current, !state.isEnding else { return false }
                (state.producer, state.generation) = (nil, current + 1)
                return true
            }
            guard goesOn else { return }
            generation += 1
        }
    }

    /// Hands everything that is unacknowledged to a new producer, in order.
    ///
    /// - Returns: its fatal error, where it has failed too.
    private func resend(to replacement: Producer) -> KafkaError? {
        for (token, pending) in state.read({ $0.pending.sorted }) {
            do throws(KafkaError) {
                while try !replacement.send(
                    pending.event, topic: pending.topic, partition: pending.partition, token: token)
                {
                    if state.read({ $0.isEnding }) { return nil }
                    MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(1)))
                }
            } catch {
                if error.isFatal { return error }
                if state.read({ $0.isEnding || $0.doubts(error, about: token) }) { return nil }
                // The producer before had taken it: this is no reason to give up the others.
                guard state.update({ $0.pending.remove(token) }) != nil else { continue }
                onReport([
                    Report(token: token, partition: pending.partition, offset: -1, error: error, event: pending.event)
                ])
            }
        }
        return replacement.fatalError
    }
}

extension Outgoing.State {
    /// Whether an event that failed for want of its topic is to be sent again, by another producer.
    mutating func doubts(_ error: KafkaError, about token: UInt64) -> Bool {
        guard error.code == .unknownTopic, let topic = pending[token]?.topic, known.contains(topic) else {
            return false
        }
        if doubt == nil {
            guard doubts < Outgoing.mostDoubts else { return false }
            doubts += 1
        }
        doubt = error
        return true
    }

    /// Notes that a topic has taken an event.
    fileprivate mutating func took(_ topic: String) {
        if doubts > 0 { doubts = 0 }
        if !known.contains(topic) { known.insert(topic) }
    }
}
