import Events
import FoundationEssentials
import Glibc
import Telemetry
import Threads

/// Keeps on disk what the broker did not take: append-only segments in a folder of its own. `SpoolSender` sends them.
///
/// A thread of its own writes. What is counted as spooled was synchronised to the disk before.
final class Spool: Sendable {
    private struct Waiting {
        let id: UUID
        let bytes: [UInt8]
    }

    private struct State {
        var waiting: [Waiting] = []
        /// What the thread has taken and not finished.
        var writing: [Waiting] = []
        var waitingBytes = 0
        /// Bytes on disk and on their way there.
        var used = 0
        var spooled = 0
        /// Finished segments that nobody sends yet.
        var segments: [SpoolFolder.Segment] = []
        var mustSeal = false
        var isClosing = false
        var hasEnded = false
        /// Whether nobody waits for the thread any more.
        var isGivenUp = false
        var isBroken = false
        var nextWarning: UInt64 = 0
    }

    /// A segment is ended before it gets larger, so that it can be read as a whole.
    static let segmentSize = 2 << 20
    private static let longestQueue = 8 << 20

    /// The folder.
    let folder: SpoolFolder
    private let limit: Int
    private let logger: Logger
    private let state: Monitor<State>
    private let write: SpoolFile.Write
    private let onFailure: @Sendable (RoleError) -> Void

    /// Takes the folder and starts the writing thread.
    ///
    /// - Parameters:
    ///   - limit: bytes that the segments may take up.
    ///   - write: for tests of a disk that refuses.
    ///   - onFailure: called once, on the writing thread, where the disk refuses.
    /// - Throws: `RoleError` where the folder cannot be used.
    init(
        path: String, limit: Int, logger: Logger, write: @escaping SpoolFile.Write = SpoolFile.systemWrite,
        onFailure: @escaping @Sendable (RoleError) -> Void
    ) throws(RoleError) {
        folder = try SpoolFolder(path: path)
        self.limit = limit
        self.logger = logger
        self.write = write
        self.onFailure = onFailure
        for file in folder.aside {
            logger.warning(
                "an earlier run put a file of the spool aside, which is not sent: mend what was wrong and remove its last "
                    + "suffix (.damaged, .refused) to have it sent, or delete it", ["file": file])
        }
        var initial = State()
        initial.segments = folder.segments
        initial.used = folder.segments.reduce(0) { $0 + $1.size }
        state = Monitor(initial)
        _ = OSThread(name: "spool-write") { self.run() }
    }

    /// Images that are safely on disk, counted from the start of this run.
    var spooled: Int { state.read { $0.spooled } }

    /// Bytes in the folder.
    var used: Int { state.read { $0.used } }

    /// Hands one message over to be kept.
    ///
    /// - Parameter patience: how long to wait while a slow disk has much to do already; nil, for the thread of reports, does
    ///   not wait.
    /// - Returns: false where the spool is full or broken or too slow: the image is not kept.
    func add(_ event: EncodedEvent, id: UUID, topic: String, waiting patience: DrainLimit?) -> Bool {
        let bytes = SpoolRecord(topic: topic, event: event).bytes
        let hasRoom = patience.map { wait(until: $0) { $0.waitingBytes < Spool.longestQueue || $0.isBroken } } ?? true
        let (isTaken, mustWarn) = state.update { [limit] state -> (Bool, Bool) in
            guard hasRoom, !state.isBroken, !state.isClosing else { return (false, false) }
            if state.used + bytes.count > limit {
                let mustWarn = MonotonicClock.now >= state.nextWarning
                if mustWarn { state.nextWarning = MonotonicClock.deadline(after: .seconds(60)) }
                return (false, mustWarn)
            }
            state.used += bytes.count
            state.waitingBytes += bytes.count
            state.waiting.append(Waiting(id: id, bytes: bytes))
            return (true, false)
        }
        if mustWarn {
            logger.warning(
                "the spool is full: what the broker does not take is lost until there is room; raise --spool-limit",
                ["spool": folder.path, "bytes": used])
        }
        return isTaken
    }

    /// The oldest segment that nobody sends yet; the one being written is ended for it where there is no other.
    func nextSegment() -> SpoolFolder.Segment? {
        state.update { state in
            if !state.segments.isEmpty { return state.segments.removeFirst() }
            state.mustSeal = true
            return nil
        }
    }

    /// A segment was sent as a whole and is gone, or moved aside.
    func forget(_ segment: SpoolFolder.Segment) {
        state.read { $0.used -= segment.size }
    }

    /// Waits until everything is on disk, ends the thread and lets go of the folder. What a disk that hangs has not taken
    /// in time is listed as not delivered.
    func close(until limit: DrainLimit) {
        state.update { $0.isClosing = true }
        if wait(until: limit, for: { $0.hasEnded }) { return folder.release() }
        let lost = state.update { state -> [Waiting] in
            defer { (state.waiting, state.isGivenUp) = ([], true) }
            return state.isGivenUp ? [] : state.writing + state.waiting
        }
        report(lost, "the spool cannot be written in time")
    }

    /// - Returns: false where the limit passed before the condition held.
    private func wait(until limit: DrainLimit, for condition: (State) -> Bool) -> Bool {
        while true {
            let next = MonotonicClock.deadline(after: .milliseconds(100))
            if state.wait(until: next, for: { condition($0) ? true : nil }) == true { return true }
            if limit.hasPassed { return false }
        }
    }

    // MARK: - Writing

    private func run() {
        var writer = SpoolWriter(folder: folder, number: folder.nextNumber, write: write)
        while true {
            let next = state.wait { state -> (batch: [Waiting], seals: Bool, ends: Bool)? in
                let seals = state.mustSeal && writer.isOpen
                guard !state.waiting.isEmpty || seals || state.isClosing else {
                    state.mustSeal = false
                    return nil
                }
                defer { (state.writing, state.waiting, state.mustSeal) = (state.waiting, [], false) }
                return (state.waiting, seals, state.isClosing && state.waiting.isEmpty)
            }
            guard let next, !next.ends else { break }
            for chunk in Spool.chunks(next.batch) { keep(chunk, with: &writer) }
            if next.seals, let ended = writer.seal() { state.update { Spool.add(ended, to: &$0) } }
        }
        _ = writer.seal()
        state.update { $0.hasEnded = true }
    }

    private func keep(_ chunk: [Waiting], with writer: inout SpoolWriter) {
        // What follows a failure would stand behind a torn record, where nobody reads it.
        if state.read({ $0.isBroken }) { return fail(chunk) }
        let bytes = chunk.reduce(0) { $0 + $1.bytes.count }
        do throws(RoleError) {
            let ended = try writer.append(chunk.map(\.bytes))
            state.update { state in
                // Where nobody waits any more, these were listed.
                if !state.isGivenUp { state.spooled += chunk.count }
                state.waitingBytes -= bytes
                state.writing.removeFirst(chunk.count)
                if let ended { Spool.add(ended, to: &state) }
            }
        } catch {
            state.update { $0.isBroken = true }
            fail(chunk)
            onFailure(error)
        }
    }

    private static func add(_ ended: SpoolFolder.Segment, to state: inout State) {
        state.segments.append(ended)
        // Records were counted when they came.
        state.used += SpoolSegment.magic.count
    }

    /// Cuts a batch where a segment ends.
    private static func chunks(_ batch: [Waiting]) -> [[Waiting]] {
        var (chunks, size): ([[Waiting]], Int) = ([], .max / 2)
        for item in batch {
            if size + item.bytes.count > segmentSize {
                chunks.append([])
                size = 0
            }
            chunks[chunks.count - 1].append(item)
            size += item.bytes.count
        }
        return chunks
    }

    private func fail(_ chunk: [Waiting]) {
        let bytes = chunk.reduce(0) { $0 + $1.bytes.count }
        let isNew = state.update { state -> Bool in
            state.waitingBytes -= bytes
            state.used -= bytes
            state.writing.removeFirst(chunk.count)
            return !state.isGivenUp
        }
        if isNew { report(chunk, "the spool cannot be written") }
    }

    private func report(_ lost: [Waiting], _ reason: String) {
        for item in lost { logger.error("image not delivered", ["image": item.id.lowercased, "reason": reason]) }
    }
}
