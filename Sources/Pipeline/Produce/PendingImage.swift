import Events
import FoundationEssentials
import Latency

/// One image in flight. Instants are nanoseconds of `MonotonicClock`.
///
/// A hundred thousand may wait, so what is not known yet is no optional, which would take twice the place.
struct PendingImage {
    let token: UInt64
    let id: UUID
    let planned: UInt64
    private var sentInstant: UInt64 = 0
    private var acknowledgedInstant: UInt64 = 0
    private var offset: Int64 = -1
    private var partition: Int32 = -1
    private let deviceNumber: Int32
    let label: String?
    private let size: Int32
    /// Whether it only warms the pipeline up: it is sent like all others and does not count.
    let isWarmUp: Bool
    /// Whether its result is overdue: it waits for its delivery report alone, and holds no place in a closed loop.
    var isOverdue = false
    /// What came back before the delivery report did: on a busy machine a result can be faster.
    var answer: Answer?

    /// The number of the device.
    var device: Int { Int(deviceNumber) }

    /// Bytes of PNG.
    var bytes: Int { Int(size) }

    /// When it was handed to the producer.
    var sent: UInt64? {
        get { sentInstant == 0 ? nil : sentInstant }
        set { sentInstant = newValue ?? 0 }
    }

    /// When its delivery report came.
    var acknowledged: UInt64? { acknowledgedInstant == 0 ? nil : acknowledgedInstant }

    /// Where the broker has it.
    var place: (partition: Int32, offset: Int64)? { acknowledgedInstant == 0 ? nil : (partition, offset) }

    /// The broker has it there since `instant`.
    mutating func acknowledge(at instant: UInt64, partition: Int32, offset: Int64) {
        acknowledgedInstant = instant
        self.partition = partition
        self.offset = offset
    }

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
        deviceNumber = Int32(clamping: device)
        self.label = label
        self.planned = planned
        size = Int32(clamping: bytes)
        self.isWarmUp = isWarmUp
    }
}
