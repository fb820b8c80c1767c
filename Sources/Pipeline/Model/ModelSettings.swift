import Inference
import Telemetry

/// Which model is used, and how it is run.
public struct ModelSettings: Sendable {
    /// Weights file; nil takes the best that is there (see `ModelLocator`).
    public var weights: String?
    /// Arithmetic of the forward pass.
    public var precision = Precision.auto
    /// Where the model runs.
    public var device = "cpu"
    /// Images in one forward pass at most.
    public var batch = 8
    /// Model instances that work side by side; nil is as many as the processors hold of `threads` threads each.
    public var streams: Int?
    /// Threads of one model instance; nil shares the processors between the streams, one each where neither is set.
    public var threads: Int?

    /// The shipped model, as fast as this machine runs it.
    public init() {}

    /// Threads of one model instance. One each was faster than one instance over all processors, by up to twice with
    /// small inputs, and keeps its share where others compete for them: nobody waits for a thread that was put aside.
    var effectiveThreads: Int { threads ?? streams.map { max(1, ProcessorCount.available / $0) } ?? 1 }

    /// Model instances.
    var effectiveStreams: Int { streams ?? max(1, ProcessorCount.available / effectiveThreads) }

    /// The weights named, else the best that are there (see `ModelLocator`).
    func loadWeights() throws(InferenceError) -> ModelWeights {
        try ModelWeights.load(ModelLocator.weights(named: weights))
    }

    /// Builds the model, which takes a second, and says what it is.
    func makeModel(_ weights: ModelWeights, logger: Logger) throws(InferenceError) -> Model {
        let model = try Model(
            weights: weights, precision: precision, device: device, threads: effectiveThreads, shim: ShimLibrary.open())
        logger.info(
            "model loaded",
            [
                "model": ModelWeights.name, "version": model.modelVersion, "weights": weights.source,
                "precision": model.precision.rawValue, "input": model.inputSize, "streams": effectiveStreams,
                "threads": effectiveThreads, "batch": batch,
            ])
        return model
    }
}
