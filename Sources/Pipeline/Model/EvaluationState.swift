/// What the streams of an evaluation share.
struct EvaluationState: Sendable {
    /// Streams that are not warm yet, and those that have not ended.
    var cold: Int, running: Int
    /// Whether a stream has failed: the others end then.
    var hasFailed = false
    /// What was answered so far.
    var evaluation: Evaluation
    private let images: Int
    private var taken = 0

    /// - Parameters:
    ///   - images: how many there are to classify.
    ///   - names: that the model knows.
    init(streams: Int, images: Int, names: [String]) {
        (cold, running) = (streams, streams)
        evaluation = Evaluation(names: names)
        self.images = images
    }

    /// Takes the next places among the images; nil where none is left.
    mutating func take(_ count: Int) -> Range<Int>? {
        guard !hasFailed, taken < images else { return nil }
        let places = taken..<min(images, taken + count)
        taken = places.upperBound
        return places
    }

    /// How far it is.
    var text: String {
        let done = evaluation.images + evaluation.leftOut
        let share = evaluation.images == 0 ? "" : ", \(Format.percent(evaluation.right, of: evaluation.images)) right"
        return "classified \(done) of \(Format.count(images, "image"))\(share)"
    }
}
