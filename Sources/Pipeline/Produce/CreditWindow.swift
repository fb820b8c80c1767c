import FoundationEssentials
import Kafka
import Threads

/// Keeps what an embedded broker holds within what it can keep.
///
/// librdkafka's mock broker keeps 5 MiB a partition and drops the oldest beyond that without a word. So a producer in the
/// demo has a window a partition: an image takes its bytes from it when sent, and gives them back once persist has
/// stored both the image and what came of it, a result or a dead letter. Both have the image's key, and so its partition.
/// The demo reads the stored offsets from PostgreSQL and writes them to the producer's standard input, a line each:
/// `TOPIC PARTITION NEXT_OFFSET`.
final class CreditWindow: Sendable {
    private struct Held {
        let bytes: Int
        var imageOffset: Int64?
        var resultOffset: Int64?
        var letterOffset: Int64?
    }

    private struct State {
        var used: [Int32: Int] = [:]
        var held: [Int32: [UUID: Held]] = [:]
        var storedImages: [Int32: Int64] = [:]
        var storedResults: [Int32: Int64] = [:]
        var storedLetters: [Int32: Int64] = [:]
        var ended = false
    }

    private let state = Monitor(State())
    private let limit: Int
    private let largest: Int
    private let topics: TopicSetup

    /// - Parameters:
    ///   - limit: bytes of this producer that one partition may hold.
    ///   - producers: how many share the broker.
    init(limit: Int, producers: Int = 1, topics: TopicSetup) {
        self.limit = limit
        largest = max(limit, CreditWindow.partitionBytes / producers)
        self.topics = topics
    }

    /// Bytes that a partition of the broker keeps, with some to spare.
    static let partitionBytes = 9 << 19

    /// What an image of so many bytes costs: itself, its dead letter or its result, whichever is larger, with headers and
    /// record framing.
    static func cost(ofBytes bytes: Int) -> Int {
        max(bytes + 1_024, 3_072)
    }

    /// Waits until the partition has room for an image of so many bytes, and takes it.
    ///
    /// - Parameter deadline: a `MonotonicClock` instant.
    /// - Returns: false where no room came in time.
    /// - Throws: `RoleError` for an image that the broker cannot keep beside those of the other producers.
    func take(_ bytes: Int, id: UUID, partition: Int32, until deadline: UInt64) throws(RoleError) -> Bool {
        let cost = CreditWindow.cost(ofBytes: bytes)
        guard cost <= largest else {
            throw RoleError(
                .badData,
                "an image of \(bytes) bytes is more than the embedded broker keeps for each producer (\(largest)); "
                    + "use fewer producers, smaller images, or a Kafka of your own")
        }
        return state.wait(until: deadline) { state -> Bool? in
            let used = state.used[partition, default: 0]
            // One image always fits: the partition has more room than the limits together.
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

    /// The result was read at that offset.
    func resultSeen(_ id: UUID, partition: Int32, offset: Int64) {
        state.read { $0.held[partition]?[id]?.resultOffset = offset }
    }

    /// The image ended as a dead letter, which was read at that offset.
    func letterSeen(_ id: UUID, partition: Int32, offset: Int64) {
        state.read { $0.held[partition]?[id]?.letterOffset = offset }
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
            } else if fields[0] == topics.deadLetters {
                state.storedLetters[partition] = next
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
        let letters = state.storedLetters[partition, default: 0]
        guard let held = state.held[partition] else { return }
        for (id, item) in held {
            let hasResult = item.resultOffset.map { $0 < results } ?? false
            let hasLetter = item.letterOffset.map { $0 < letters } ?? false
            guard let image = item.imageOffset, image < images, hasResult || hasLetter else { continue }
            state.held[partition]![id] = nil
            state.used[partition]! -= item.bytes
        }
    }
}
