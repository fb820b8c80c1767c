import Images
import Inference
import Telemetry

/// Chooses the ranges that 8-bit integers need, writes the weights with them, and compares the answers with those of f32.
public struct CalibrateRole: Sendable {
    private static let batch = 16

    private let options: CalibrateOptions
    private let services: RoleServices

    /// - Parameter services: log and stop signal.
    public init(options: CalibrateOptions, services: RoleServices) {
        self.options = options
        self.services = services
    }

    /// - Returns: what was done, line by line, as a person reads it.
    /// - Throws: `InferenceError`, `ImageError`; `RoleError` where the file cannot be written, or 75 after a stop.
    public func run() throws -> [String] {
        let weights = try ModelWeights.load(options.weights)
        let dataset = try Datasets.open(options.dataset)
        let shim = try ShimLibrary.open()
        let threads = ProcessorCount.available
        let reference = try Model(weights: weights, precision: .f32, threads: threads, shim: shim)
        let progress = ProgressLine()
        defer { progress.finish() }

        var calibrator = RangeCalibrator(reference)
        let chosen = dataset.spread(options.count)
        try forEachBatch(of: chosen, in: dataset, progress, "measuring") { try calibrator.measure($0) }
        try forEachBatch(of: chosen, in: dataset, progress, "counting") { try calibrator.count($0) }
        let calibrated = weights.calibrated(try calibrator.ranges())
        try WholeFile.write(
            SafetensorsWriter.bytes(
                of: calibrated, notes: ["calibrated_on": "\(chosen.count) of \(dataset.summary)"]),
            to: options.output)

        let quantized = try Model(weights: calibrated, precision: .int8, threads: threads, shim: shim)
        let compared = dataset.spread(options.agreement)
        var equal = 0
        try forEachBatch(of: compared, in: dataset, progress, "comparing") { images in
            let answers = try [reference, quantized].map { model in
                try model.classify(images).map { model.top(1, of: $0).first?.index }
            }
            equal += zip(answers[0], answers[1]).count { $0 == $1 }
        }
        progress.finish()
        let share = Format.percent(equal, of: compared.count, digits: 2)
        let version = try ModelWeights.load(options.output).version
        return [
            "calibrated    on \(chosen.count) of \(dataset.summary)",
            "written       \(options.output), version \(version)",
            "agreement     int8 names the same class as f32 for \(equal) of \(compared.count) images (\(share))",
            shim.isNative(.int8)
                ? "weights       of eight bits" : "weights       of seven bits: this processor has no VNNI",
        ]
    }

    private func forEachBatch(
        of indices: [Int], in dataset: any ImageDataset, _ progress: ProgressLine, _ verb: String,
        _ body: ([RGBImage]) throws -> Void
    ) throws {
        for start in stride(from: 0, to: indices.count, by: CalibrateRole.batch) {
            if services.stop.isRequested { throw RoleError(.temporaryFailure, "stopped before the end") }
            let batch = indices[start..<min(start + CalibrateRole.batch, indices.count)]
            try body(try batch.map { try dataset.image(at: $0).image })
            progress.update("\(verb): \(start + batch.count) of \(indices.count) images")
        }
    }
}
