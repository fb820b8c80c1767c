import Kafka
import Telemetry
import Threads

/// The writing of batches, one at a time and in order.
extension PersistRole {
    /// Begins to write what was collected.
    ///
    /// - Parameter stored: the offset stored last, by partition.
    func startWriting(to store: PersistStore, after stored: [TopicPartition: Int64]) {
        (unstored, collected) = (collected, PersistBatch())
        // Last, once the server has work again: freeing thousands of messages takes a while.
        defer { spent = PersistBatch() }
        // What has letters to send first, which is rare, is written by `finishWriting` alone.
        if unstored.isEmpty || !unstored.rejected.isEmpty { return }
        attempt = BackgroundCall(name: "write") { [batch = unstored] in
            guard try store.preparePartitions(for: batch.days).isEmpty else { return nil }
            return try store.write(batch, after: stored)
        }
    }

    /// Waits for the attempt under way, and writes again until the batch is stored or void.
    func finishWriting(to store: PersistStore, letters: DeadLetterSender, reader: PersistReader) throws {
        var first = try finishAttempt(reader)
        while first != nil || !unstored.isEmpty {
            let outcome = try retrying(reader, drain: drain) { () -> PersistStore.Outcome? in
                if let outcome = first.take() { return try outcome.get() }
                // Days first: what falls on one that is archived, or too far away, is a dead letter.
                unstored.rejectRows(of: try store.preparePartitions(for: unstored.days))
                try sendRejected(by: letters, reader)
                // A rebalance may have taken all of it.
                return unstored.isEmpty ? nil : try store.write(unstored, after: reader.stored)
            }
            switch outcome {
            case .stored(let counts):
                count(counts)
                tellOfMalformedLetters()
                reader.advance(to: unstored.next)
                (spent, unstored) = (unstored, PersistBatch())
            case .archived(let days):
                unstored.rejectRows(of: ClosedDays(archived: days))
            case .refused(let rows):
                for row in rows {
                    services.logger.error(
                        "PostgreSQL refused a row: \(row.reason)",
                        ["partition": row.message.topicPartition.description, "offset": row.message.offset])
                }
                unstored.reject(rows)
            case .fenced(let partitions):
                // Those that a rebalance took away meanwhile are another member's by right.
                guard partitions.contains(where: { unstored.next[$0] != nil }) else { continue }
                // Another member stored on from here: this one was taken for dead. What it has read is void.
                services.logger.warning(
                    "another member has taken over, batch given up",
                    ["partitions": partitions.map(\.description).joined(separator: ",")])
                reader.displace()
                unstored = PersistBatch()
                collected = PersistBatch()
            case nil: break
            }
        }
    }

    /// Waits for the attempt under way, if any; polls meanwhile where that takes long.
    private func finishAttempt(_ reader: PersistReader) throws -> Result<PersistStore.Outcome?, any Error>? {
        guard let attempt else { return nil }
        var outcome = attempt.wait(until: MonotonicClock.deadline(after: patience))
        let isSlow = outcome == nil
        while outcome == nil {
            add(try reader.idle(for: .milliseconds(100)))
            outcome = attempt.wait(until: MonotonicClock.now)
        }
        self.attempt = nil
        if isSlow { try reader.resume() }
        return outcome
    }

    /// Forgets what was read, whose offsets are not stored; what is being written still may be.
    func giveUpWriting() {
        if case .success(.stored(let counts)) = attempt?.wait() { count(counts) }
        attempt = nil
        (collected, unstored, spent) = (PersistBatch(), PersistBatch(), PersistBatch())
    }

    private func count(_ counts: PersistSummary) {
        summary.add(counts)
        counters.add(counts)
    }
}
