import Kafka

/// What came of messages and is in no committed transaction yet, by partition and offset, and how many bytes that is.
struct HeldOutcomes {
    private var waiting: [TopicPartition: [Int64: Outcome]] = [:]
    /// Bytes of values: of what waits, and of what was taken and is not settled.
    private(set) var bytes = 0

    /// Whether nothing waits.
    var isEmpty: Bool { waiting.isEmpty }

    /// Keeps an outcome. One of an earlier assignment at the same offset gives way.
    mutating func add(_ outcome: Outcome) {
        let old = waiting[outcome.ticket.partition, default: [:]].updateValue(outcome, forKey: outcome.ticket.offset)
        bytes += outcome.size - (old?.size ?? 0)
    }

    /// Takes what lies below these offsets, in order.
    mutating func take(below offsets: [TopicPartitionOffset]) -> [Outcome] {
        var taken: [Outcome] = []
        for offset in offsets {
            guard let outcomes = waiting[offset.topicPartition] else { continue }
            taken += outcomes.values.filter { $0.ticket.offset < offset.offset }
            let rest = outcomes.filter { $0.key >= offset.offset }
            waiting[offset.topicPartition] = rest.isEmpty ? nil : rest
        }
        return taken.sorted { $0.ticket.offset < $1.ticket.offset }
    }

    /// Forgets what waits for partitions that are not among these.
    mutating func keep(_ assigned: Set<TopicPartition>) {
        for (partition, outcomes) in waiting where !assigned.contains(partition) {
            settle(Array(outcomes.values))
            waiting[partition] = nil
        }
    }

    /// What was taken need not be kept any more.
    mutating func settle(_ outcomes: [Outcome]) {
        bytes -= outcomes.reduce(0) { $0 + $1.size }
    }

    /// What was taken waits again, except where it was computed anew meanwhile, after a rebalance.
    mutating func putBack(_ outcomes: [Outcome]) {
        for outcome in outcomes {
            let isThere = waiting[outcome.ticket.partition]?[outcome.ticket.offset] != nil
            if isThere {
                settle([outcome])
            } else {
                waiting[outcome.ticket.partition, default: [:]][outcome.ticket.offset] = outcome
            }
        }
    }
}

extension Outcome {
    fileprivate var size: Int { event.pinnedValue.count }
}
