import Kafka
import Threads

/// Knows per partition up to where everything is finished, whatever order the work finishes in: the offset that may be
/// committed without losing anything.
final class CommitTracker: Sendable {
    /// One message that was begun. Void once its partition has been taken away.
    struct Ticket: Sendable {
        let partition: TopicPartition
        let offset: Int64
        fileprivate let assignment: Int
    }

    fileprivate struct Progress {
        let assignment: Int
        /// Offsets begun and not yet part of `next`, in rising order, with whether each is finished.
        var begun: [(offset: Int64, isFinished: Bool)] = []
        var head = 0
        /// The offset to commit: everything below is finished. Nil until something is.
        var next: Int64?
        var committed: Int64?
    }

    private struct State {
        var assignments = 0
        var partitions: [TopicPartition: Progress] = [:]
    }

    private let state = Monitor(State())

    /// How many messages are begun and not finished.
    var unfinished: Int {
        state.read { state in
            state.partitions.values.reduce(0) { sum, progress in
                sum + progress.begun[progress.head...].count { !$0.isFinished }
            }
        }
    }

    /// The partitions that are assigned.
    var assigned: Set<TopicPartition> { state.read { Set($0.partitions.keys) } }

    /// Partitions were assigned.
    func add(_ partitions: [TopicPartition]) {
        state.update { state in
            state.assignments += 1
            for partition in partitions { state.partitions[partition] = Progress(assignment: state.assignments) }
        }
    }

    /// Partitions were taken away: what is in work of them finishes in vain.
    func remove(_ partitions: [TopicPartition]) {
        state.update { state in
            for partition in partitions { state.partitions[partition] = nil }
        }
    }

    /// A message was polled; offsets of one partition come in rising order.
    ///
    /// - Returns: nil where the partition is not assigned any more.
    func begin(_ partition: TopicPartition, offset: Int64) -> Ticket? {
        state.read { state in
            guard let assignment = state.partitions[partition]?.assignment else { return nil }
            state.partitions[partition]!.begun.append((offset, false))
            return Ticket(partition: partition, offset: offset, assignment: assignment)
        }
    }

    /// Whether the message's partition is still the one that was assigned when it was begun.
    func isCurrent(_ ticket: Ticket) -> Bool {
        state.read { $0.partitions[ticket.partition]?.assignment == ticket.assignment }
    }

    /// Everything that the message asked for is done.
    func finish(_ ticket: Ticket) {
        state.update { state in
            guard var progress = state.partitions[ticket.partition], progress.assignment == ticket.assignment else {
                return
            }
            // Taken out while it changes, so that the array is not copied.
            state.partitions[ticket.partition] = nil
            defer { state.partitions[ticket.partition] = progress }
            guard let index = progress.index(of: ticket.offset) else { return }
            progress.begun[index].isFinished = true
            while progress.head < progress.begun.count, progress.begun[progress.head].isFinished {
                progress.next = progress.begun[progress.head].offset + 1
                progress.head += 1
            }
            if progress.head > 1_024, progress.head * 2 > progress.begun.count {
                progress.begun.removeFirst(progress.head)
                progress.head = 0
            }
        }
    }

    /// The offsets that have grown since the last call, to be committed now.
    func takeCommittable(_ partitions: [TopicPartition]? = nil) -> [TopicPartitionOffset] {
        state.read { state in
            var offsets: [TopicPartitionOffset] = []
            for partition in partitions ?? Array(state.partitions.keys) {
                guard let progress = state.partitions[partition], let next = progress.next,
                    next != progress.committed
                else { continue }
                state.partitions[partition]!.committed = next
                offsets.append(TopicPartitionOffset(partition, next))
            }
            return offsets
        }
    }

    /// A commit of these offsets failed: they are given out again.
    func restore(_ offsets: [TopicPartitionOffset]) {
        state.read { state in
            for offset in offsets where state.partitions[offset.topicPartition]?.committed == offset.offset {
                state.partitions[offset.topicPartition]!.committed = nil
            }
        }
    }

    /// Waits until nothing is in work, or the deadline (a `MonotonicClock` instant) has passed.
    func waitUntilIdle(until deadline: UInt64) -> Bool {
        state.wait(until: deadline) { state -> Bool? in
            state.partitions.values.allSatisfy { $0.head == $0.begun.count } ? true : nil
        } ?? false
    }
}

extension CommitTracker.Progress {
    /// Position of an offset in `begun`, by binary search.
    fileprivate func index(of offset: Int64) -> Int? {
        var low = head
        var high = begun.count
        while low < high {
            let middle = (low + high) / 2
            if begun[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < begun.count && begun[low].offset == offset ? low : nil
    }
}
