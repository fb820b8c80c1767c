import Charts
import Images
import Inference
import Telemetry
import Threads

/// Classifies a dataset with labels, without Kafka, as `infer` does it, and says how often the model is right.
public struct EvaluateRole: Sendable {
    private let options: EvaluateOptions
    private let services: RoleServices

    /// - Parameter services: log and stop signal.
    public init(options: EvaluateOptions, services: RoleServices) {
        self.options = options
        self.services = services
    }

    /// Classifies, and draws the confusion matrix where a picture has a label that the model knows.
    ///
    /// - Throws: `InferenceError`, `ImageError`; `RoleError` where a picture cannot be written, or 75 after a stop.
    public func run() throws -> EvaluationReport {
        let weights = try options.model.loadWeights()
        let dataset = try Datasets.open(options.dataset)
        let model = try options.model.makeModel(weights, logger: services.logger)
        let chosen = dataset.spread(options.count ?? dataset.count)
        let (evaluation, seconds) = try classify(chosen, of: dataset, with: model)
        var report = EvaluationReport(
            evaluation, model: model, settings: options.model, dataset: dataset.summary, seconds: seconds)
        if let chart = report.chart {
            for (ending, bytes) in [("png", try chart.png()), ("svg", try chart.svg())] {
                let path = "\(options.output).\(ending)"
                try WholeFile.write(bytes, to: path)
                report.pictures.append(path)
            }
        }
        return report
    }

    /// Shares the pictures out to the streams, batch by batch.
    ///
    /// - Returns: what came of it, and the seconds from when all streams were warm.
    private func classify(
        _ chosen: [Int], of dataset: any ImageDataset, with model: Model
    ) throws -> (Evaluation, seconds: Double) {
        let batch = options.model.batch
        let streams = min(options.model.effectiveStreams, (chosen.count + batch - 1) / batch)
        let state = Monitor(EvaluationState(streams: streams, images: chosen.count, names: model.labels))
        let calls = (0..<streams).map { index in
            BackgroundCall(name: "model-\(index)") { [stop = services.stop] in
                defer { state.update { $0.running -= 1 } }
                do {
                    try model.warmUp(batches: [batch])
                    state.update { $0.cold -= 1 }
                    _ = state.wait { $0.cold == 0 || $0.hasFailed ? true : nil }
                    while let places = state.read({ $0.take(batch) }) {
                        if stop.isRequested { throw RoleError(.temporaryFailure, "stopped before the end") }
                        let pictures = try chosen[places].map { try dataset.image(at: $0) }
                        let rows = try model.classify(pictures.map(\.image))
                        let answers = zip(pictures, rows).map { (label: $0.label, top: model.top(of: $1)) }
                        state.read { state in
                            for answer in answers { state.evaluation.add(label: answer.label, top: answer.top) }
                        }
                    }
                } catch {
                    state.update { $0.hasFailed = true }
                    throw error
                }
            }
        }
        _ = state.wait { $0.cold == 0 || $0.hasFailed ? true : nil }
        let start = MonotonicClock.now
        let line = ProgressLine()
        defer { line.finish() }
        while state.wait(
            until: MonotonicClock.deadline(after: .milliseconds(200)), for: { $0.running == 0 ? true : nil }) == nil
        {
            line.update(state.read { $0.text })
        }
        let seconds = Double(MonotonicClock.now - start) / 1e9
        for call in calls { try call.wait()!.get() }
        line.update(state.read { $0.text })
        return (state.read { $0.evaluation }, seconds)
    }
}
