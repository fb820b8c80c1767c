import Glibc
import Threads

/// Writes measurements to a CSV file on a thread of its own, so that a slow disk does not disturb what is measured.
///
/// At most `capacity` records wait in memory. What was appended is in the file half a second later, in whole rows. At
/// the end the histograms of all of it lie beside it (`run.hlog` for `run.csv`), where it is a regular file.
public final class LatencyCSVWriter: Sendable {
    /// How long `append` waits for room before it refuses the records.
    public static let longestWait: Duration = .seconds(1)

    private struct State {
        /// What was appended, in the pieces in which it came: nothing is copied.
        var pieces: [[LatencyRecord]] = []
        /// How many records those are.
        var pending = 0
        var refused = 0
        var isClosing = false
        var failure: LatencyError?
        var hasEnded = false
    }

    private static let flushInterval: Duration = .milliseconds(500)

    /// The file's path.
    public let path: String
    private let capacity: Int
    private let state: Monitor<State>

    /// Creates the file, or empties the one that is there, and writes the header. The histogram log of an earlier file of
    /// that name is removed: it would say what was.
    ///
    /// - Parameter capacity: how many records may wait in memory.
    /// - Throws: `cannotCreate`.
    public init(path: String, capacity: Int = 65_536) throws(LatencyError) {
        precondition(capacity > 0)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw LatencyError(
                .cannotCreate,
                "cannot create \(path): \(systemMessage(errno)): choose a folder that exists and may be written to")
        }
        var status = stat()
        let log =
            fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            ? HistogramLog.path(besides: path) : nil
        if let log { unlink(log) }
        let state = Monitor(State())
        self.path = path
        self.capacity = capacity
        self.state = state
        _ = OSThread(name: "latency-csv") {
            LatencyCSVWriter.run(
                descriptor: descriptor, path: path, log: log, wakeAt: max(1, capacity / 2), state: state)
        }
    }

    deinit {
        state.update { $0.isClosing = true }
    }

    /// Hands records over. Waits while `capacity` records are waiting already, `longestWait` at most.
    ///
    /// - Returns: false where they were refused: the file is closed, writing has failed, or the disk is too slow.
    ///   Refused records are counted, and `close()` reports them.
    @discardableResult
    public func append(_ records: [LatencyRecord]) -> Bool {
        // The writer is woken for a half-full queue only; else it comes by itself twice a second.
        let accepted = state.read { take(records, &$0) }
        switch accepted {
        case .some(let isAccepted):
            if state.read({ $0.pending >= max(1, capacity / 2) }) { state.update { _ in } }
            return isAccepted
        case nil:
            let deadline = MonotonicClock.deadline(after: LatencyCSVWriter.longestWait)
            state.update { _ in }
            if let isAccepted = state.wait(until: deadline, for: { take(records, &$0) }) { return isAccepted }
            state.read { $0.refused += records.count }
            return false
        }
    }

    /// The first failure to write, as soon as it is known.
    public var failure: LatencyError? { state.read { $0.failure } }

    /// Writes what waits, closes the file and writes its histogram log. May be called again, with the same answer.
    ///
    /// - Throws: `writeFailed` where not every record is in the file: the disk is full, or records were refused;
    ///   `cannotCreate` and `writeFailed` where the log cannot be written.
    public func close() throws(LatencyError) {
        state.update { $0.isClosing = true }
        let (failure, refused) = state.wait { $0.hasEnded ? ($0.failure, $0.refused) : nil }!
        if let failure { throw failure }
        if refused > 0 {
            throw LatencyError(
                .writeFailed, "\(path) lacks \(refused) rows: the disk was too slow for them: write to a faster one")
        }
    }

    /// Takes the records into the queue: true; refuses them: false; no room: nil.
    private func take(_ records: [LatencyRecord], _ state: inout State) -> Bool? {
        if state.isClosing || state.failure != nil {
            state.refused += records.count
            return false
        }
        // More than the capacity at once is taken where nothing else waits, else it would never be.
        guard state.pending == 0 || state.pending + records.count <= capacity else { return nil }
        if records.isEmpty { return true }
        state.pieces.append(records)
        state.pending += records.count
        return true
    }

    // MARK: - The writer's thread

    private static func run(descriptor: Int32, path: String, log: String?, wakeAt: Int, state: Monitor<State>) {
        // Its stages are by infer's clock as it is: how far that is off is known at the end only, and the rows are gone then.
        var images = GroupedImages(grouping: .run)
        var bytes = Array((LatencyCSV.header + "\n").utf8)
        var rows = 0
        var problem = write(bytes, to: descriptor)
        while true {
            let deadline = MonotonicClock.deadline(after: flushInterval)
            _ = state.wait(until: deadline) { $0.isClosing || $0.pending >= wakeAt ? true : nil }
            let (pieces, isLast) = state.update { state in
                defer { (state.pieces, state.pending) = ([], 0) }
                return (state.pieces, state.isClosing)
            }
            if problem == 0, !pieces.isEmpty {
                bytes.removeAll(keepingCapacity: true)
                for record in pieces.joined() {
                    LatencyCSV.append(record, to: &bytes)
                    images.add(record)
                }
                problem = write(bytes, to: descriptor)
                if problem == 0 { rows += pieces.reduce(0) { $0 + $1.count } }
            }
            if isLast, Glibc.close(descriptor) != 0, problem == 0 { problem = errno }
            if problem != 0 { state.update { fail(&$0, problem: problem, path: path, rows: rows) } }
            if isLast { break }
        }
        if problem == 0, let log {
            do {
                try OutputFile.write(try HistogramLog.bytes(of: images.runs), to: log)
            } catch {
                state.update { $0.failure = $0.failure ?? error }
            }
        }
        state.update { $0.hasEnded = true }
    }

    private static func fail(_ state: inout State, problem: Int32, path: String, rows: Int) {
        guard state.failure == nil else { return }
        let advice =
            problem == ENOSPC || problem == EDQUOT
            ? "free some space there or write to another disk" : "write to another folder"
        state.failure = LatencyError(
            .writeFailed, "cannot write \(path) after \(rows) rows: \(systemMessage(problem)): \(advice)")
    }

    /// Writes everything; 0 or the `errno`.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
    }
}

/// Writes all bytes to a descriptor.
///
/// - Returns: 0, or the `errno` of the failure.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    var done = 0
    while done < bytes.count {
        let written = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
        if written > 0 {
            done += written
        } else if written < 0 && errno != EINTR {
            return errno
        }
    }
    return 0
}
