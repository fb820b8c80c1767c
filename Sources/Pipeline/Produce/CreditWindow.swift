import Events
import FoundationEssentials
import Kafka
import Threads

/// Keeps what an embedded broker holds within what it can keep.
///
/// librdkafka's mock broker keeps 5 MiB a partition and drops the oldest beyond that without a word. So a producer in the
/// demo has a window a partition: an image takes its bytes from it when sent, and gives them back once persist has
/// stored both the image and its result. The demo reads the stored offsets from PostgreSQL and writes them to the
/// producer's standard input, a line each: `TOPIC PARTITION NEXT_OFFSET`.
final class CreditWindow: Sendable {
    private struct Held {
        let bytes: Int
        var imageOffset: Int64?
        var resultOffset: Int64?
    }

    private struct State {
        var used: [Int32: Int] = [:]
        var held: [Int32: [UUID: Held]] = [:]
        var storedImages: [Int32: Int64] = [:]
        var storedResults: [Int32: Int64] = [:]
        var ended = false
    }

    private let state = Monitor(State())
    private let limit: Int
    private let topics: TopicSetup

    /// - Parameter limit: bytes of this producer that one partition may hold.
    init(limit: Int, topics: TopicSetup) {
        self.limit = limit
        self.topics = topics
    }

    /// What one image costs: itself or its result, whichever is larger, with headers and record framing.
    static func cost(of event: EncodedEvent) -> Int {
        max(event.value.count + 1_024, 3_072)
    }

    /// Waits until the partition has room for the event, and takes it.
    ///
    /// - Parameter deadline: a `MonotonicClock` instant.
    /// - Returns: false where no room came in time.
    func take(_ event: EncodedEvent, id: UUID, partition: Int32, until deadline: UInt64) -> Bool {
        let cost = CreditWindow.cost(of: event)
        return state.wait(until: deadline) { state -> Bool? in
            let used = state.used[partition, default: 0]
            // One image always fits, however large.
            guard used == 0 || used + cost <= self.limit || state.ended else { return nil }
            state.used[partition] = used + cost
            state.held[partition, default: [:]][id] = Held(bytes: cost)
            return true
        } ?? false
    }

    /// The broker stored the image at that offset. Room comes with the next `grant`.
    func imageStored(_ id: UUID, partition: Int32, offset: Int64) {
        state.read { $0.held[partition]?[id]?.imageOffset = offset }
    }

    /// The result was read at that offset; -1 where the image ended as a dead letter.
    func resultSeen(_ id: UUID, partition: Int32, offset: Int64) {
        state.read { $0.held[partition]?[id]?.resultOffset = offset }
    }

    /// Gives back what an image took that was never stored.
    func drop(_ id: UUID, partition: Int32) {
        state.update { state in
            guard let held = state.held[partition]?.removeValue(forKey: id) else { return }
            state.used[partition, default: 0] -= held.bytes
        }
    }

    /// Takes one line of standard input.
    func grant(_ line: String) {
        let fields = line.split(separator: " ")
        guard fields.count == 3, let partition = Int32(fields[1]), let next = Int64(fields[2]) else { return }
        state.update { state in
            if fields[0] == topics.images {
                state.storedImages[partition] = next
            } else if fields[0] == topics.inferences {
                state.storedResults[partition] = next
            }
            CreditWindow.release(partition, in: &state)
        }
    }

    /// No more lines will come: the limit is off, and whoever waits goes on.
    func end() {
        state.update { $0.ended = true }
    }

    private static func release(_ partition: Int32, in state: inout State) {
        let images = state.storedImages[partition, default: 0]
        let results = state.storedResults[partition, default: 0]
        guard let held = state.held[partition] else { return }
        for (id, item) in held {
            guard let image = item.imageOffset, let result = item.resultOffset, image < images, result < results else {
                continue
            }
            state.held[partition]![id] = nil
            state.used[partition]! -= item.bytes
        }
    }
}
