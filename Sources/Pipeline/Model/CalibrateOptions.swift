/// What a calibration is asked to do.
public struct CalibrateOptions: Sendable {
    /// The weights file.
    public var weights: String
    /// Pictures like those that will be classified, as `Datasets.open` takes them; nil is the embedded sample.
    public var dataset: String?
    /// The file to write.
    public var output: String
    /// Pictures to choose the ranges from, at most.
    public var count = 512
    /// Pictures to compare with f32 on, at most.
    public var agreement = 2_000

    /// - Parameters:
    ///   - weights: the file to read.
    ///   - output: the file to write.
    public init(weights: String, output: String) {
        self.weights = weights
        self.output = output
    }
}
