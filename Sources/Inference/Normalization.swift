/// What is done to pixel values (0...1) before the network sees them: `(value - mean) / deviation`, for R, G, B.
public struct Normalization: Sendable, Equatable {
    /// Of R, G, B; finite.
    public let mean: [Float]

    /// Of R, G, B; finite and above 0.
    public let deviation: [Float]

    /// ImageNet's values, as torchvision uses them.
    public static let imageNet = Normalization(
        uncheckedMean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

    /// - Throws: `.weightsFormat` where there are not three finite values each, or a deviation is not above 0.
    public init(mean: [Float], deviation: [Float]) throws(InferenceError) {
        guard mean.count == 3, deviation.count == 3, (mean + deviation).allSatisfy(\.isFinite),
            deviation.allSatisfy({ $0 > 0 })
        else {
            throw InferenceError(
                .weightsFormat, "mean and std must be three finite numbers each (R, G, B), and std above 0")
        }
        self.init(uncheckedMean: mean, deviation: deviation)
    }

    private init(uncheckedMean mean: [Float], deviation: [Float]) {
        self.mean = mean
        self.deviation = deviation
    }
}
