import Images
import Inference
import Telemetry
import Threads

/// Brings pictures of HTTP requests to the model and the answers back: a request's thread waits here while its pictures go
/// through the same batches as those from Kafka.
public final class InferenceService: Sendable {
    /// Why there is no answer.
    enum Refusal: Error, Equatable {
        /// The model is not warm yet, or the role is ending.
        case notReady
        /// Too many pictures wait already.
        case full
        /// No answer came in time.
        case timedOut
    }

    private struct Pending {
        var rows: [[Float]?]
        var missing: Int
        /// Which model has answered so far.
        var model: ServedModel?
        var isMixed = false
    }

    /// What a request gets.
    struct Answer: Sendable {
        let model: ServedModel
        /// The probabilities of each picture, in order.
        let rows: [[Float]]
    }

    private struct State {
        var model: ServedModel?
        var offer: (@Sendable ([RequestedImage]) -> Bool)?
        var pending: [UInt64: Pending] = [:]
        var requests: UInt64 = 0
        var isEnded = false
    }

    private let state = Monitor(State())
    private let patience: Duration
    private let classified: Counter

    /// - Parameters:
    ///   - metrics: where the pictures are counted.
    ///   - patience: how long a request waits for its answer.
    public init(metrics: Metrics, patience: Duration = .seconds(30)) {
        self.patience = patience
        classified = metrics.counter(
            "infer_http_images_classified", help: "Pictures of HTTP requests that the model has answered.")
    }

    /// The model once it is warm; nil before, and when the role ends.
    var model: ServedModel? { state.read { $0.offer == nil ? nil : $0.model } }

    // MARK: - A request's thread

    /// Waits until all the pictures are classified.
    func classify(_ images: [RGBImage]) throws(Refusal) -> Answer {
        let deadline = MonotonicClock.deadline(after: patience)
        let begun = state.read { state -> (id: UInt64, offer: @Sendable ([RequestedImage]) -> Bool)? in
            guard let offer = state.offer else { return nil }
            state.requests += 1
            state.pending[state.requests] = Pending(
                rows: [[Float]?](repeating: nil, count: images.count), missing: images.count)
            return (state.requests, offer)
        }
        guard let (id, offer) = begun else { throw .notReady }
        defer { state.read { $0.pending[id] = nil } }
        let items = images.enumerated().map { RequestedImage(image: $1, request: id, row: $0) }
        guard offer(items) else { throw model == nil ? .notReady : .full }
        let answer = state.wait(until: deadline) { state -> Result<Answer, Refusal>? in
            if let pending = state.pending[id], pending.missing == 0, let model = pending.model {
                if pending.isMixed { return .failure(.notReady) }
                return .success(Answer(model: model, rows: pending.rows.map { $0! }))
            }
            return state.isEnded ? .failure(.notReady) : nil
        }
        return try (answer ?? .failure(.timedOut)).get()
    }

    // MARK: - The role's threads

    /// The model is warm: from here on requests are taken.
    ///
    /// - Parameter offer: takes all pictures of a request into the batches or none.
    func open(_ model: ServedModel, offer: @escaping @Sendable ([RequestedImage]) -> Bool) {
        state.update { state in
            state.model = model
            state.offer = offer
        }
    }

    /// Another model answers from here on.
    func replace(with model: ServedModel) {
        state.update { $0.model = model }
    }

    /// No more requests are taken; those that wait get their answers.
    func refuse() {
        state.update { $0.offer = nil }
    }

    /// The model has ended: who still waits is told so.
    func close() {
        state.update { state in
            state.offer = nil
            state.isEnded = true
        }
    }

    /// Whether somebody still waits for a picture.
    func awaits(_ item: RequestedImage) -> Bool {
        state.read { $0.pending[item.request] != nil }
    }

    /// A model has answered. All answers to a request are one model's: where weights are replaced in between it is told to
    /// come again.
    func answer(_ answers: [(item: RequestedImage, probabilities: [Float])], by model: ServedModel) {
        guard !answers.isEmpty else { return }
        classified.add(answers.count)
        state.update { state in
            for (item, probabilities) in answers {
                // Nobody may wait any more.
                guard var pending = state.pending[item.request], pending.rows[item.row] == nil else { continue }
                pending.isMixed = pending.isMixed || pending.model.map { $0.version != model.version } ?? false
                pending.model = model
                pending.rows[item.row] = probabilities
                pending.missing -= 1
                state.pending[item.request] = pending
            }
        }
    }
}
