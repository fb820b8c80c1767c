import CShim
import Images

/// Chooses activation ranges from what a model of f32 computes on pictures.
///
/// A first pass over the pictures finds each result's largest value, a second one counts how often values occur. The range
/// is then the one with the least mean squared error: a smaller one cuts rare large values off and has finer steps for
/// all others. Pictures like those that will be classified serve best; a few hundred are enough.
public struct RangeCalibrator {
    private static let bins = Int(IOTPIPE_SHIM_BINS)

    private let model: Model
    private var maxima = [Float](repeating: 0, count: ActivationRanges.count)
    private var limits: [Float] = []
    private var counts: [UInt64] = []

    /// - Parameter model: of f32.
    public init(_ model: Model) {
        self.model = model
    }

    /// Takes in pictures of the first pass.
    public mutating func measure(_ images: [RGBImage]) throws(InferenceError) {
        try model.observe(images, maxima: &maxima)
    }

    /// Takes in pictures of the second pass: the same ones.
    public mutating func count(_ images: [RGBImage]) throws(InferenceError) {
        if counts.isEmpty {
            limits = maxima
            counts = [UInt64](repeating: 0, count: ActivationRanges.count * RangeCalibrator.bins)
        }
        try model.observe(images, limits: limits, maxima: &maxima, bins: &counts)
    }

    /// The ranges of what was counted.
    ///
    /// - Throws: `.invalidArgument` where no picture was.
    public func ranges() throws(InferenceError) -> ActivationRanges {
        guard !counts.isEmpty else {
            throw InferenceError(.invalidArgument, "no picture was counted: give at least one to calibrate with")
        }
        var ranges: [Float] = []
        for (index, limit) in limits.enumerated() {
            let first = index * RangeCalibrator.bins
            ranges.append(
                RangeCalibrator.range(
                    of: counts[first..<first + RangeCalibrator.bins], limit: limit,
                    steps: ActivationRanges.isSigned[index] ? 127 : 255))
        }
        return try ActivationRanges(ranges)
    }

    /// The range with the least squared error: a value within it is off by a twelfth of a step's square on average, one
    /// beyond it by its distance's.
    ///
    /// - Parameters:
    ///   - counts: of the absolute values in equal parts of 0 to `limit`.
    ///   - steps: how many numbers stand for the values from 0 to the range.
    static func range(of counts: ArraySlice<UInt64>, limit: Float, steps: Int) -> Float {
        // A result that is zero throughout: any range does.
        guard limit > 0 else { return 1 }
        let width = Double(limit) / Double(counts.count)
        var best = (error: Double.infinity, range: Double(limit))
        for kept in stride(from: counts.count / 32, through: counts.count, by: counts.count / 128) {
            let range = Double(kept) * width
            let step = range / Double(steps)
            var error = 0.0
            for (bin, count) in counts.enumerated() where count > 0 {
                let excess = (Double(bin) + 0.5) * width - range
                error += Double(count) * (bin < kept ? step * step / 12 : excess * excess)
            }
            if error < best.error { best = (error, range) }
        }
        return Float(best.range)
    }
}
