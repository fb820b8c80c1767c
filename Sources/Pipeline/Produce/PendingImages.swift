import Events
import FoundationEssentials
import Latency
import Threads

/// The images in flight: from the planned instant until the result, the dead letter, or the time-out.
///
/// Every image that enters leaves exactly once, as a `LatencyRecord`. Shared by the sender, the delivery reports and the
/// reader of results.
final class PendingImages: Sendable {
    struct State {
        var images = TokenTable<PendingImage>()
        /// Tokens in planned order from `oldest` to `next`, to find what has timed out without a search.
        var oldest: UInt64 = 0
        var next: UInt64 = 0
        /// Tokens before `oldest` that are overdue and not acknowledged.
        var overdue: [UInt64] = []
        /// How many images in flight are overdue.
        var overdueCount = 0
        /// Whether nobody is to wait for room any more.
        var isEnding = false
        var summary = ProduceSummary()
        /// The same of the images that warm up.
        var warmUp = ProduceSummary()

        /// Counts what became of an image where it belongs.
        mutating func count(_ image: PendingImage, _ body: (inout ProduceSummary) -> Void) {
            if image.isWarmUp { body(&warmUp) } else { body(&summary) }
        }
    }

    private let state = Monitor(State())
    /// Makes the images' ids; the numbers are the tokens.
    let identifiers = NumberedIdentifiers()
    let options: ProduceOptions
    private let origin: (monotonic: UInt64, wall: Timestamp)
    private let writer: LatencyCSVWriter?

    /// - Parameters:
    ///   - writer: gets a row for each image that leaves; nil writes none.
    init(options: ProduceOptions, writer: LatencyCSVWriter?) {
        self.options = options
        self.writer = writer
        origin = (MonotonicClock.now, Timestamp.now)
    }

    // MARK: - Clocks

    /// The wall-clock stamp of a monotonic instant. The two clocks are compared once, so that stamps never jump.
    func timestamp(at instant: UInt64) -> Timestamp {
        origin.wall.adding(nanoseconds: Int64(bitPattern: instant &- origin.monotonic))
    }

    // MARK: - An image's way

    /// The id of the image in flight with that token.
    func identifier(of token: UInt64) -> UUID? { state.read { $0.images[token]?.id } }

    /// How many are in flight.
    var count: Int { state.read { $0.images.count } }

    /// The counts so far.
    var summary: ProduceSummary {
        let (counted, warmUp) = state.read { ($0.summary, $0.warmUp) }
        guard options.warmUp > .zero else { return counted }
        var summary = counted
        summary.warmUp = ProduceSummary.WarmUp(
            planned: warmUp.planned, acknowledged: warmUp.acknowledged, classified: warmUp.classified,
            undelivered: warmUp.undelivered)
        return summary
    }

    /// An image's planned instant has come. Tokens must grow by one each; the id is of `identifiers`.
    func add(_ image: PendingImage) {
        state.read { state in
            state.images.insert(image.token, image)
            state.next = image.token + 1
            state.count(image) { $0.planned += 1 }
        }
    }

    /// The image is handed to the producer at `instant`. To be called before it is: afterwards its result may have come,
    /// and stamps of its way would lie before this one.
    func send(_ token: UInt64, at instant: UInt64) {
        state.read { _ = $0.images.update(token) { $0.sent = instant } }
    }

    /// Delivery reports came at `instant`.
    ///
    /// - Returns: the images that will not be delivered, which have left.
    func take(_ reports: [Outgoing.Report], at instant: UInt64) -> [UUID] {
        var rows: [LatencyRecord] = []
        var undelivered: [UUID] = []
        state.update { state in
            for report in reports {
                let token = report.token
                if report.error == nil {
                    state.images.update(token) {
                        $0.acknowledge(at: instant, partition: report.partition, offset: report.offset)
                    }
                }
                guard let image = state.images[token] else { continue }
                if report.error == nil {
                    state.count(image) { $0.acknowledged += 1 }
                } else if image.answer == nil {
                    if let row = leave(token, .undelivered, in: &state) { rows.append(row) }
                    undelivered.append(image.id)
                }
                // Whatever the report says: what was answered had been delivered.
                if image.answer != nil, let row = leave(token, in: &state) { rows.append(row) }
            }
        }
        writer?.append(rows)
        return undelivered
    }

    /// Answers were read: the result of an image, or its dead letter. Those that are not ours, and those to images that have
    /// left before, count for nothing. The first answer to an image counts, and the image leaves with it, as soon as its
    /// delivery report is there too.
    func take(_ answers: [(id: UUID, answer: PendingImage.Answer)]) {
        if answers.isEmpty { return }
        var rows: [LatencyRecord] = []
        state.update { state in
            for (id, answer) in answers {
                guard let token = identifiers.number(of: id, upTo: state.next) else { continue }
                let isAcknowledged = state.images.update(token) { image -> Bool in
                    if image.id != id || image.answer != nil { return false }
                    image.answer = answer
                    return image.acknowledged != nil
                }
                if isAcknowledged == true, let row = leave(token, in: &state) { rows.append(row) }
            }
        }
        writer?.append(rows)
    }

    /// An image leaves without having been sent.
    func refuse(_ token: UInt64) {
        let row = state.update { state -> LatencyRecord? in
            state.images.update(token) { $0.sent = nil }
            return leave(token, .undelivered, in: &state)
        }
        if let row { writer?.append([row]) }
    }

    /// Lets everything leave whose result is overdue at `instant`, a part at a time: the sender must not wait for all.
    func expire(at instant: UInt64) {
        var waiting: [UInt64] = []
        var isThrough = false
        while !isThrough {
            var rows: [LatencyRecord] = []
            state.update { state in
                var overdue = state.overdue.popLast(atMost: PendingImages.part)
                while state.oldest < state.next, overdue.count < PendingImages.part {
                    if let image = state.images[state.oldest] {
                        guard image.planned + timeout <= instant else { break }
                        overdue.append(state.oldest)
                        state.images.update(state.oldest) { $0.isOverdue = true }
                        state.overdueCount += 1
                    }
                    state.oldest += 1
                }
                for token in overdue {
                    guard let image = state.images[token] else { continue }
                    if image.acknowledged == nil {
                        // Not acknowledged yet is the broker's delay, not infer's: its delivery report decides.
                        waiting.append(token)
                    } else if let row = leave(token, .timedOut, in: &state) {
                        rows.append(row)
                    }
                }
                isThrough = overdue.count < PendingImages.part
                if isThrough { state.overdue += waiting }
            }
            writer?.append(rows)
        }
    }

    /// Lets everything leave: what has no answer has timed out where the broker acknowledged it, else it is undelivered.
    ///
    /// - Returns: the ids of what was not delivered.
    func abandon() -> [UUID] {
        var rows: [LatencyRecord] = []
        var undelivered: [UUID] = []
        state.update { state in
            for (token, image) in state.images.sorted {
                let isLost = image.acknowledged == nil && image.answer == nil
                if isLost { undelivered.append(image.id) }
                if let row = leave(token, isLost ? .undelivered : .timedOut, in: &state) { rows.append(row) }
            }
        }
        writer?.append(rows)
        return undelivered
    }

    /// Waits until nothing is in flight or the deadline (a `MonotonicClock` instant) has passed.
    @discardableResult
    func waitUntilEmpty(until deadline: UInt64) -> Bool {
        state.wait(until: deadline) { $0.images.isEmpty ? true : nil } ?? false
    }

    // MARK: - Closed loop

    /// Waits until fewer than `limit` images wait for their results. What is overdue waits no longer.
    ///
    /// - Parameter deadline: a `MonotonicClock` instant.
    /// - Returns: false where the deadline has passed or the waiting was ended before.
    func waitForRoom(below limit: Int, until deadline: UInt64) -> Bool {
        while MonotonicClock.now < deadline {
            expire(at: MonotonicClock.now)
            let next = min(deadline, state.read { nextTimeOut($0) })
            let hasRoom = state.wait(until: next) { state -> Bool? in
                if state.isEnding { return false }
                return state.images.count - state.overdueCount < limit ? true : nil
            }
            if let hasRoom { return hasRoom }
        }
        return false
    }

    /// Ends `waitForRoom`, now and from here on.
    func endWaitForRoom() { state.update { $0.isEnding = true } }

    /// The instant when the oldest image that is not overdue is so, right after `expire`; `.max` where there is none.
    private func nextTimeOut(_ state: State) -> UInt64 {
        state.images[state.oldest].map { $0.planned + timeout } ?? .max
    }

    /// Images that `expire` looks at in one go.
    private static let part = 1_000

    private var timeout: UInt64 { UInt64(options.resultTimeout.nanoseconds) }
}

extension Array {
    /// Takes out the last elements, all of them where there are fewer.
    fileprivate mutating func popLast(atMost count: Int) -> [Element] {
        let taken = Array(suffix(count))
        removeLast(taken.count)
        return taken
    }
}
