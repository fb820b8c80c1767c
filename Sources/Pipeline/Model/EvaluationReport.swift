import Charts
import Inference

/// How often a model was right, on what, and how fast. Shares are from 0 to 1; nil where no picture counted.
public struct EvaluationReport: Sendable, Encodable {
    /// The answers for one class.
    struct ClassResult: Sendable, Encodable {
        /// The class's name, and how many pictures show it.
        let label: String, images: Int
        /// The share named right, and that with the right name among the five most probable.
        let top1: Double, top5: Double
        /// How often each class was named.
        let predicted: [String: Int]

        /// The wrong class that was named most often, the first by its name of several.
        var mistake: (label: String, images: Int)? {
            predicted.filter { $0.key != label }.max { ($0.value, $1.key) < ($1.value, $0.key) }
                .map { ($0.key, $0.value) }
        }
    }

    /// The weights' version and what was computed in; where the weights came from.
    let modelVersion: String, precision: String, weights: String
    /// `WIDTHxHEIGHT` of what the network sees.
    let inputSize: String
    /// What was classified.
    let dataset: String
    /// Pictures that count; of them those named right, and with the right name among the five most probable.
    let images: Int, right: Int, amongFive: Int
    /// Pictures without a label; and with a label that the model has no name for, by that label.
    let unlabelled: Int, unknownLabels: [String: Int]
    let top1: Double?, top5: Double?
    /// Half the width of the 95 % confidence interval of `top1` (normal approximation).
    let top1Margin: Double?
    /// The expected calibration error in 15 bins, and the mean probability of the answers.
    let calibrationError: Double?, meanConfidence: Double?
    /// Of all pictures, read, prepared and classified.
    let imagesPerSecond: Double, seconds: Double
    /// Images in a batch; instances side by side; threads of each.
    let batch: Int, streams: Int, threads: Int
    /// The classes that pictures show, in the order of their names.
    let classes: [ClassResult]
    /// The files of the confusion matrix.
    var pictures: [String] = []

    init(_ evaluation: Evaluation, model: Model, settings: ModelSettings, dataset: String, seconds: Double) {
        modelVersion = model.modelVersion
        precision = model.precision.rawValue
        weights = model.weights.source
        inputSize = "\(model.inputSize)"
        self.dataset = dataset
        (images, right, amongFive) = (evaluation.images, evaluation.right, evaluation.amongFive)
        unlabelled = evaluation.unlabelled
        unknownLabels = evaluation.unknown
        let count = Double(images)
        top1 = images == 0 ? nil : Double(right) / count
        top5 = images == 0 ? nil : Double(amongFive) / count
        top1Margin = top1.map { 1.96 * ($0 * (1 - $0) / count).squareRoot() }
        calibrationError = evaluation.calibration.expectedError
        meanConfidence = evaluation.calibration.meanConfidence
        self.seconds = seconds
        imagesPerSecond = Double(images + evaluation.leftOut) / seconds
        (batch, streams, threads) = (settings.batch, settings.effectiveStreams, model.threads)
        classes = evaluation.answers.sorted { $0.key < $1.key }.map { label, answers in
            let count = Double(answers.images)
            return ClassResult(
                label: label, images: answers.images, top1: Double(answers.predicted[label] ?? 0) / count,
                top5: Double(answers.amongFive) / count, predicted: answers.predicted)
        }
    }

    /// As a script reads it.
    public var json: String {
        get throws { try JSONOutput.of(self) }
    }

    /// The confusion matrix; nil where no picture counted.
    var chart: ConfusionChart? {
        guard images > 0 else { return nil }
        let names = classes.map(\.label)
        let counts = classes.map { row in
            let named = names.map { row.predicted[$0] ?? 0 }
            return named + [row.images - named.reduce(0, +)]
        }
        return ConfusionChart(
            ConfusionMatrix(names: names, counts: counts),
            title: "\(Format.percent(right, of: images)) of \(Format.count(images, "image")) named right",
            subtitle: "\(ModelWeights.name) \(modelVersion), input \(inputSize), on \(dataset)")
    }
}
