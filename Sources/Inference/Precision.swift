import CShim

/// The number format that a model computes in.
public enum Precision: String, Sendable, CaseIterable {
    /// 32-bit floating point.
    case f32
    /// bfloat16.
    case bf16
    /// 8-bit integers, with activation ranges from the model file.
    case int8
    /// The fastest that the processor has instructions for and the model file is calibrated for.
    case auto

    /// The number that the shim knows it by; nil for `auto`.
    var shimPrecision: Int32? {
        switch self {
        case .f32: Int32(IOTPIPE_SHIM_PRECISION_F32)
        case .bf16: Int32(IOTPIPE_SHIM_PRECISION_BF16)
        case .int8: Int32(IOTPIPE_SHIM_PRECISION_INT8)
        case .auto: nil
        }
    }

    /// The format that a model of these weights really uses: never `auto`.
    ///
    /// - Throws: `.precision` where the processor or the weights are not made for it.
    public func resolved(for weights: ModelWeights, _ shim: ShimLibrary) throws(InferenceError) -> Precision {
        let isCalibrated = weights.activationRanges != nil
        switch self {
        case .auto:
            if isCalibrated, shim.isNative(.int8) { return .int8 }
            return shim.isNative(.bf16) ? .bf16 : .f32
        case .f32: return .f32
        case .bf16:
            guard shim.isNative(.bf16) else {
                throw InferenceError(
                    .precision, "precision bf16: this processor has no instructions for bfloat16; use f32 or auto")
            }
            return .bf16
        case .int8:
            guard isCalibrated else {
                throw InferenceError(
                    .precision,
                    "precision int8: the weights \(weights.source) are not calibrated for it; make a file that is with "
                        + "`iotpipe calibrate`, or use f32, bf16 or auto")
            }
            return .int8
        }
    }
}
