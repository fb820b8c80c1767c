import Latency

/// How many answers were right, of those that can be judged: to pictures that carry a label which is one of the names
/// the model answers with.
struct AnswerCount: Sendable, Equatable {
    private(set) var right = 0
    private(set) var judged = 0

    /// Counts equal answers.
    mutating func add(isRight: Bool, count: Int = 1) {
        judged += count
        if isRight { right += count }
    }

    /// Counts equal answers, where they can be judged.
    ///
    /// - Parameters:
    ///   - truth: the picture's label.
    ///   - names: the model's.
    mutating func add(_ answer: String?, truth: String?, names: Set<String>, count: Int = 1) {
        guard let answer, let truth, names.contains(truth) else { return }
        add(isRight: answer == truth, count: count)
    }

    /// Such as "812 of 1,000 (81.2 %)"; nil where none could be judged.
    var text: String? { judged > 0 ? "\(counts) (\(percentage))" : nil }

    /// Such as "812 of 1,000".
    var counts: String { "\(Quantity.grouped(right)) of \(Quantity.grouped(judged))" }

    /// Such as "81.2 %".
    var percentage: String { Format.percent(right, of: max(judged, 1)) }
}
