import Events
import FoundationEssentials
import Latency

/// One image in flight. Instants are nanoseconds of `MonotonicClock`.
struct PendingImage {
    let token: UInt64
    let id: UUID
    let device: Int
    let label: String?
    let planned: UInt64
    /// Whether it only warms the pipeline up: it is sent like all others and does not count.
    let isWarmUp: Bool
    /// Bytes of PNG.
    let bytes: Int
    var sent: UInt64?
    var acknowledged: UInt64?
    var partition: Int32?
    var offset: Int64?
    /// Whether its result is overdue: it waits for its delivery report alone, and holds no place in a closed loop.
    var isOverdue = false
    /// What came back before the delivery report did: on a busy machine a result can be faster.
    var answer: Answer?

    /// A result, or a dead letter, and when it was read. A class, so that images without one stay small: a hundred
    /// thousand may wait.
    final class Answer {
        let outcome: LatencyRecord.Outcome
        let instant: UInt64
        let result: ImageClassified?

        init(outcome: LatencyRecord.Outcome, instant: UInt64, result: ImageClassified?) {
            self.outcome = outcome
            self.instant = instant
            self.result = result
        }
    }

    init(token: UInt64, id: UUID, device: Int, label: String?, planned: UInt64, bytes: Int = 0, isWarmUp: Bool = false)
    {
        self.token = token
        self.id = id
        self.device = device
        self.label = label
        self.planned = planned
        self.bytes = bytes
        self.isWarmUp = isWarmUp
    }
}
