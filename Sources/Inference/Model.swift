import CShim
import Images

/// A resnet50 in memory, ready to classify.
///
/// Any number of threads may use one model at the same time: they share its weights, and each call computes on `threads`
/// threads of its own. So one caller with `threads` = 2 answers soonest, and two callers with `threads` = 1 (streams)
/// answer most.
public final class Model: Sendable {
    /// What the model was made from.
    public let weights: ModelWeights

    /// The format it computes in; never `auto`.
    public let precision: Precision

    /// The size that pictures are brought to.
    public let inputSize: InputSize

    /// Threads that each call computes on.
    public let threads: Int

    /// Images in one call, at most.
    public static let largestBatch = 4096

    private let names: Set<String>
    let shim: ShimLibrary
    // The shim allows calls from several threads; freed by `deinit` alone.
    nonisolated(unsafe) let handle: OpaquePointer

    /// Folds and packs the weights; takes a fraction of a second and 100 MB.
    ///
    /// - Parameters:
    ///   - device: "cpu".
    ///   - threads: of each call, 1 to 1024.
    ///   - inputSize: nil takes the weights' own.
    /// - Throws: `.device`, `.precision`, `.invalidArgument`; `.weightsMissingTensor`, `.weightsShape` or
    ///   `.weightsFormat`, naming the tensor; `.internalFailure` or `.outOfMemory`.
    public init(
        weights: ModelWeights, precision: Precision = .auto, device: String = "cpu", threads: Int = 1,
        inputSize: InputSize? = nil, shim: ShimLibrary
    ) throws(InferenceError) {
        guard device == "cpu" else {
            throw InferenceError(.device, "device '\(device)' is not available in this build; use cpu")
        }
        guard 1...1024 ~= threads else {
            throw InferenceError(.invalidArgument, "the model's thread count must be 1 to 1024, not \(threads)")
        }
        self.precision = try precision.resolved(for: weights, shim)
        let size = inputSize ?? weights.inputSize
        let mean = weights.normalization.mean
        let deviation = weights.normalization.deviation
        let options = iotpipe_shim_options(
            input_height: Int32(size.height), input_width: Int32(size.width), threads: Int32(threads),
            mean: (mean[0], mean[1], mean[2]), deviation: (deviation[0], deviation[1], deviation[2]),
            precision: self.precision.shimPrecision!, ranges: nil)
        do throws(InferenceError) {
            handle = try Model.create(weights, options, shim)
        } catch {
            guard error.code != .outOfMemory else { throw error }
            throw InferenceError(error.code, "the weights \(weights.source) cannot be used: \(error.message)")
        }
        self.weights = weights
        self.inputSize = size
        self.threads = threads
        names = Set(weights.labels)
        self.shim = shim
    }

    deinit {
        shim.table.pointee.destroy(handle)
    }

    /// The version that results carry: the weights' version, `-`, the precision.
    public var modelVersion: String { "\(weights.version)-\(precision.rawValue)" }

    /// The names of the classes in the order of their indices.
    public var labels: [String] { weights.labels }

    /// Whether a label is one of these names: otherwise no answer can equal it.
    public func knows(_ label: String) -> Bool { names.contains(label) }

    // MARK: Classifying

    /// Classifies pictures of any size, each brought to `inputSize`, as one batch.
    ///
    /// The first call with a new number of pictures is slow; `warmUp` makes it before it matters.
    ///
    /// - Parameter images: up to `largestBatch`.
    /// - Returns: for each picture the probability of each class; each row sums to 1.
    /// - Throws: `.invalidArgument`, `.internalFailure` or `.outOfMemory`.
    public func classify(_ images: [RGBImage]) throws(InferenceError) -> [[Float]] {
        if images.isEmpty { return [] }
        let (outcome, rows) = try Model.withViews(of: images) { views in
            output(rows: images.count) { result, error, errorSize in
                shim.table.pointee.classify(
                    handle, views, views.count, result.baseAddress, result.count, error, errorSize)
            }
        }
        try outcome.check()
        return rows
    }

    /// Calls `body` with the pictures as the shim reads them, valid within it alone.
    ///
    /// - Throws: `.invalidArgument` for a picture that is too large.
    static func withViews<Result>(
        of images: [RGBImage], _ body: ([iotpipe_shim_image]) -> Result
    ) throws(InferenceError) -> Result {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(images.reduce(0) { $0 + $1.pixels.count })
        for image in images {
            guard image.width <= 65_535, image.height <= 65_535 else {
                throw InferenceError(
                    .invalidArgument,
                    "a picture of \(image.width)x\(image.height) is too large: 65535 pixels each way at most")
            }
            pixels += image.pixels
        }
        return pixels.withUnsafeBufferPointer { pixels in
            var next = pixels.baseAddress
            return body(
                images.map { image in
                    defer { next = next.map { $0 + image.pixels.count } }
                    return iotpipe_shim_image(pixels: next, width: Int32(image.width), height: Int32(image.height))
                })
        }
    }

    /// The network alone, without preparation and softmax: for comparing it with another implementation.
    ///
    /// - Parameter input: `[count, 3, height, width]` of `inputSize`, normalised.
    /// - Returns: for each picture the score of each class.
    /// - Throws: `.invalidArgument`, `.internalFailure` or `.outOfMemory`.
    public func logits(_ input: [Float], count: Int) throws(InferenceError) -> [[Float]] {
        let (size, overflow) = count.multipliedReportingOverflow(by: 3 * inputSize.height * inputSize.width)
        guard count > 0, !overflow, input.count == size else {
            throw InferenceError(
                .invalidArgument, "\(input.count) numbers are not \(count) pictures of 3 × \(inputSize) numbers")
        }
        let (outcome, rows) = output(rows: count) { result, error, errorSize in
            shim.table.pointee.logits(handle, input, count, result.baseAddress, result.count, error, errorSize)
        }
        try outcome.check()
        return rows
    }

    /// The most probable classes of a row of `classify`, best first; equal ones in the order of their indices.
    public func top(_ count: Int = 5, of probabilities: [Float]) -> [ClassScore] {
        ClassScore.best(count, of: probabilities, labels: labels)
    }

    /// Runs each batch size twice, so that none is slow later: the first calls pack weights and compile kernels.
    ///
    /// What oneDNN remembers of a size it remembers for each thread apart, so call this on every thread that is to call
    /// `classify`.
    public func warmUp(batches: [Int]) throws(InferenceError) {
        let image = RGBImage(
            width: inputSize.width, height: inputSize.height,
            pixels: [UInt8](repeating: 128, count: 3 * inputSize.width * inputSize.height))
        for batch in batches {
            let images = [RGBImage](repeating: image, count: batch)
            for _ in 0..<2 { _ = try classify(images) }
        }
    }

    // MARK: The shim

    /// Calls `body` with room for one row of numbers per picture, and turns its status into an error.
    private func output(
        rows: Int, _ body: (UnsafeMutableBufferPointer<Float>, UnsafeMutablePointer<CChar>?, Int) -> Int32
    ) -> (ShimOutcome, [[Float]]) {
        let classes = weights.classes
        var outcome = ShimOutcome()
        let numbers = [Float](unsafeUninitializedCapacity: rows * classes) { buffer, filled in
            outcome = ShimOutcome { error, size in body(buffer, error, size) }
            filled = outcome.isSuccess ? rows * classes : 0
        }
        guard outcome.isSuccess else { return (outcome, []) }
        return (outcome, (0..<rows).map { Array(numbers[$0 * classes..<($0 + 1) * classes]) })
    }

    private static func create(
        _ weights: ModelWeights, _ options: iotpipe_shim_options, _ shim: ShimLibrary
    ) throws(InferenceError) -> OpaquePointer {
        var model: OpaquePointer?
        var options = options
        let outcome = weights.withShimTensors { tensors in
            (weights.activationRanges?.values ?? []).withUnsafeBufferPointer { ranges in
                options.ranges = ranges.baseAddress
                return ShimOutcome { error, size in
                    shim.table.pointee.create(tensors.baseAddress, tensors.count, &options, &model, error, size)
                }
            }
        }
        try outcome.check()
        return model!
    }
}
