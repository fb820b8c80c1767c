import Images
import Inference
import Telemetry

/// Takes the weights up again as their file is now. A file that cannot be used leaves the model as it is.
struct ModelReload: Sendable {
    let settings: ModelSettings
    let streams: ModelStreams
    let logger: Logger

    /// Loads, builds and tries the model, then has the streams go over to it.
    func run() {
        do {
            let weights = try settings.loadWeights()
            let model = try settings.makeModel(weights, logger: logger)
            let row = try model.classify([try SampleImages().image(at: 0).image])[0]
            guard row.allSatisfy(\.isFinite) else {
                throw InferenceError(
                    .weightsFormat, "the weights \(weights.source) give answers that are no numbers; check the file")
            }
            streams.replace(with: model)
            logger.info("weights replaced", ["version": model.modelVersion])
        } catch {
            logger.error("weights not replaced, the model goes on as it is: \(error)")
        }
    }
}
