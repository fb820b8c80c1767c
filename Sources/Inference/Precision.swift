/// The number format that a model computes in.
public enum Precision: String, Sendable, CaseIterable {
    /// 32-bit floating point.
    case f32
    /// bfloat16.
    case bf16
    /// 8-bit integers, with scales from the model file.
    case int8
    /// The fastest that the processor has and the model file is calibrated for.
    case auto

    /// The format that a model really uses: never `auto`.
    ///
    /// - Throws: `.precision` for a format that this build does not compute in.
    func resolved() throws(InferenceError) -> Precision {
        switch self {
        case .f32, .auto: return .f32
        case .bf16, .int8:
            throw InferenceError(
                .precision, "precision \(rawValue) is not available in this build; use f32 or auto")
        }
    }
}
