import Inference

/// What a model answered on pictures whose label is known.
struct Evaluation: Sendable {
    /// The answers for one class.
    struct Answers: Sendable {
        /// Pictures whose label was among the five most probable classes.
        var amongFive = 0
        /// How often each class was the most probable one.
        var predicted: [String: Int] = [:]

        /// Pictures.
        var images: Int { predicted.values.reduce(0, +) }
    }

    /// The names that the model knows.
    let names: Set<String>
    /// By the picture's label.
    private(set) var answers: [String: Answers] = [:]
    /// How sure the model was, and how often it was right.
    private(set) var calibration = CalibrationBins()
    /// Pictures without a label.
    private(set) var unlabelled = 0
    /// Pictures with a label that the model has no name for, by that label.
    private(set) var unknown: [String: Int] = [:]

    init(names: some Sequence<String>) {
        self.names = Set(names)
    }

    /// Pictures whose answers counted.
    var images: Int { answers.values.reduce(0) { $0 + $1.images } }

    /// Those of them named right.
    var right: Int { answers.reduce(0) { $0 + ($1.value.predicted[$1.key] ?? 0) } }

    /// Those of them with the right name among the five most probable.
    var amongFive: Int { answers.values.reduce(0) { $0 + $1.amongFive } }

    /// Pictures that do not count: without a label, or with one that the model does not know.
    var leftOut: Int { unknown.values.reduce(unlabelled, +) }

    /// Counts an answer. Names are compared, not indices: ImageNet has two classes named "crane".
    ///
    /// - Parameters:
    ///   - label: of the picture; nil where it has none.
    ///   - top: the most probable classes, best first.
    mutating func add(label: String?, top: [ClassScore]) {
        guard let label else {
            unlabelled += 1
            return
        }
        guard names.contains(label) else {
            unknown[label, default: 0] += 1
            return
        }
        guard let best = top.first else { return }
        answers[label, default: Answers()].predicted[best.label, default: 0] += 1
        if top.prefix(5).contains(where: { $0.label == label }) { answers[label]!.amongFive += 1 }
        calibration.add(confidence: Double(best.probability), isRight: best.label == label)
    }
}
