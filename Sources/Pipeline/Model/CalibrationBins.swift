/// How sure a model was of its answers, and how often it was right then: fifteen bins of equal width.
struct CalibrationBins: Sendable {
    private struct Bin: Sendable {
        var images = 0
        var right = 0
        var confidence = 0.0
    }

    private var bins = [Bin](repeating: Bin(), count: 15)

    /// Counts an answer.
    ///
    /// - Parameter confidence: the most probable class's probability, 0 to 1; the upper end of a bin belongs to it.
    mutating func add(confidence: Double, isRight: Bool) {
        let index = max(0, min(bins.count - 1, Int((confidence * Double(bins.count)).rounded(.up)) - 1))
        bins[index].images += 1
        bins[index].right += isRight ? 1 : 0
        bins[index].confidence += confidence
    }

    private var images: Int { bins.reduce(0) { $0 + $1.images } }

    /// The mean probability of the answers, 0 to 1; nil without one.
    var meanConfidence: Double? {
        images == 0 ? nil : bins.reduce(0) { $0 + $1.confidence } / Double(images)
    }

    /// The expected calibration error, 0 to 1: how far confidence and accuracy are apart in a bin, on average over the
    /// pictures (Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3). nil without an answer.
    var expectedError: Double? {
        guard images > 0 else { return nil }
        return bins.reduce(0) { $0 + abs($1.confidence - Double($1.right)) } / Double(images)
    }
}
