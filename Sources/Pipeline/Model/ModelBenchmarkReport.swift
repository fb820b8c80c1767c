import Inference

/// What `ModelBenchmark` has measured.
public struct ModelBenchmarkReport: Sendable, Encodable {
    /// The model's version and what it computes in.
    let modelVersion: String, precision: String
    /// `WIDTHxHEIGHT` of what the network sees.
    let inputSize: String
    /// Images in a batch; instances side by side; threads of each.
    let batch: Int, streams: Int, threads: Int
    /// How long was measured, in seconds, and how many batches that were.
    let seconds: Double, batches: Int
    /// All streams together.
    let imagesPerSecond: Double
    /// Of one batch, in milliseconds: the median, and the tenth, the ninetieth and the ninety-ninth of a hundred.
    let batchMedian: Double, batchP10: Double, batchP90: Double, batchP99: Double
    /// User and system time of the process for each image, in milliseconds.
    let processorPerImage: Double

    init(_ settings: ModelSettings, model: Model, batchTimes: [UInt64], seconds: Double, processorSeconds: Double) {
        modelVersion = model.modelVersion
        precision = model.precision.rawValue
        inputSize = "\(model.inputSize)"
        (batch, streams, threads) = (settings.batch, settings.effectiveStreams, model.threads)
        self.seconds = seconds
        batches = batchTimes.count
        let images = Double(batchTimes.count * settings.batch)
        imagesPerSecond = images / seconds
        processorPerImage = processorSeconds * 1e3 / images
        let sorted = batchTimes.sorted()
        func percentile(_ percent: Int) -> Double { Double(sorted[(sorted.count - 1) * percent / 100]) / 1e6 }
        (batchMedian, batchP10, batchP90, batchP99) = (percentile(50), percentile(10), percentile(90), percentile(99))
    }

    /// As a person reads it.
    public var text: String {
        """
        model         \(modelVersion), input \(inputSize), batch \(batch), \(streams) streams of \(threads) threads
        throughput    \(Format.decimal(imagesPerSecond, 1)) images/s, \(batches) batches in \
        \(Format.decimal(seconds, 1)) s
        batch         median \(Format.decimal(batchMedian, 2)) ms, p10 \(Format.decimal(batchP10, 2)) ms, p90 \
        \(Format.decimal(batchP90, 2)) ms, p99 \(Format.decimal(batchP99, 2)) ms
        processor     \(Format.decimal(processorPerImage, 2)) ms an image
        """
    }

    /// As a script reads it.
    public var json: String {
        get throws { try JSONOutput.of(self) }
    }
}
