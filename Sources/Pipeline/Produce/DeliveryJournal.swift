import Events
import FoundationEssentials
import Glibc
import Threads

/// Appends the id of each delivered image to a file, a line each, so that it is known outside this process as soon as
/// the broker has it: what was written outlives a SIGKILL.
///
/// A thread of its own writes, so that neither a slow disk nor a reader of a pipe that pauses holds the sending up.
final class DeliveryJournal: Sendable {
    private struct State {
        var waiting: [UUID] = []
        /// Whether the thread is within a `write` that takes some of them.
        var isWriting = false
        var isClosing = false
        var failure: RoleError?
    }

    /// The file's path.
    let path: String
    private let limit: Int
    private let state: Monitor<State>
    private let onFailure: @Sendable (RoleError) -> Void

    /// Opens the file for appending, making it where it is missing. A FIFO is opened once somebody reads it.
    ///
    /// - Parameters:
    ///   - limit: ids that may wait for a reader or a disk that does not keep up.
    ///   - stop: ends the wait for a FIFO's reader: the journal keeps nothing then.
    ///   - onFailure: called once, on whichever thread finds it, with what ended the writing.
    /// - Throws: `RoleError` where the file cannot be opened.
    init(
        path: String, limit: Int = 1_000_000, stop: StopSignal, onFailure: @escaping @Sendable (RoleError) -> Void
    ) throws(RoleError) {
        self.path = path
        self.limit = limit
        self.onFailure = onFailure
        let state = Monitor(State())
        self.state = state
        guard let descriptor = try DeliveryJournal.open(path, stop: stop) else { return }
        // A full disk or a power cut may have left half a line: what follows must not become part of it.
        let start: [UInt8] = DeliveryJournal.endsWithinALine(path) ? [UInt8(ascii: "\n")] : []
        _ = OSThread(name: "journal") {
            DeliveryJournal.run(descriptor, path: path, start: start, state: state, onFailure: onFailure)
        }
    }

    /// Hands over the ids of images that were delivered. Never waits.
    func append(_ ids: [UUID]) {
        if ids.isEmpty { return }
        let failure = state.update { [path, limit] state -> RoleError? in
            guard state.failure == nil else { return nil }
            state.waiting += ids
            guard state.waiting.count > limit else { return nil }
            state.failure = DeliveryJournal.failure(path, "it does not keep up", missing: state.waiting.count)
            return state.failure
        }
        if let failure { onFailure(failure) }
    }

    /// Waits until everything is written, and ends the thread.
    ///
    /// - Parameters:
    ///   - timeout: how long nothing may move; for a FIFO that nobody reads.
    ///   - limit: how long it may take at most after a stop.
    /// - Throws: what ended the writing.
    func close(timeout: Duration, until limit: DrainLimit) throws(RoleError) {
        state.update { $0.isClosing = true }
        var last = Int.max
        var deadline = MonotonicDeadline(after: timeout)
        while true {
            let next = MonotonicClock.deadline(after: min(deadline.remaining, .milliseconds(100)))
            let isThrough = state.wait(until: next) { state -> Bool? in
                state.failure != nil || state.waiting.isEmpty && !state.isWriting ? true : nil
            }
            if isThrough == true { break }
            let waiting = state.read { $0.waiting.count }
            if waiting < last {
                (last, deadline) = (waiting, MonotonicDeadline(after: timeout))
            } else if deadline.hasPassed {
                throw DeliveryJournal.failure(path, "nothing could be written for \(timeout)", missing: waiting)
            }
            if limit.hasPassed {
                throw DeliveryJournal.failure(path, "not all could be written before the end", missing: waiting)
            }
        }
        if let failure = state.read({ $0.failure }) { throw failure }
    }

    /// - Returns: nil where a stop was asked for before a FIFO had a reader.
    private static func open(_ path: String, stop: StopSignal) throws(RoleError) -> Int32? {
        while true {
            // Without waiting: nobody could end the wait for a FIFO's reader.
            let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o644)
            if descriptor >= 0 {
                _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
                return descriptor
            }
            if errno == ENXIO || errno == EINTR {
                if stop.wait(until: MonotonicClock.deadline(after: .milliseconds(50))) { return nil }
                continue
            }
            throw RoleError(
                .cannotCreate,
                "cannot open the journal \(path): \(String(cString: strerror(errno))); "
                    + "choose a file that may be written to")
        }
    }

    // MARK: - Writing

    private static func run(
        _ descriptor: Int32, path: String, start: [UInt8], state: Monitor<State>,
        onFailure: (RoleError) -> Void
    ) {
        defer { Glibc.close(descriptor) }
        var bytes = start
        while let ids = next(state) {
            for id in ids {
                bytes += id.lowercased.utf8
                bytes.append(UInt8(ascii: "\n"))
            }
            if let problem = write(bytes, to: descriptor) {
                let failure = state.update { state -> RoleError? in
                    defer { (state.waiting, state.isWriting) = ([], false) }
                    guard state.failure == nil else { return nil }
                    let missing = ids.count + state.waiting.count
                    state.failure = DeliveryJournal.failure(path, problem, missing: missing)
                    return state.failure
                }
                if let failure { onFailure(failure) }
                return
            }
            state.update { $0.isWriting = false }
            bytes.removeAll(keepingCapacity: true)
        }
    }

    /// Everything that waits, as soon as there is something; nil at the end.
    private static func next(_ state: Monitor<State>) -> [UUID]? {
        state.wait { state -> [UUID]?? in
            if state.failure != nil { return .some(nil) }
            if state.waiting.isEmpty { return state.isClosing ? .some(nil) : nil }
            defer { state.waiting = [] }
            state.isWriting = true
            return state.waiting
        } ?? nil
    }

    /// - Returns: why not all of it could be written.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> String? {
        FileBytes.write(bytes, to: descriptor) ? nil : String(cString: strerror(errno))
    }

    private static func endsWithinALine(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return false }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        var last: UInt8 = 0
        return pread(descriptor, &last, 1, status.st_size - 1) == 1 && last != UInt8(ascii: "\n")
    }

    private static func failure(_ path: String, _ problem: String, missing: Int) -> RoleError {
        RoleError(
            .ioFailure,
            "cannot write the journal \(path): \(problem); up to \(missing) ids are missing in it; "
                + "free some space, or have its reader go on, and run again")
    }
}
