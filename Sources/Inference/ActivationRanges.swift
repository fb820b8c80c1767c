import CShim

/// How large the results of the network's convolutions become: what 8-bit integers must be able to tell apart.
public struct ActivationRanges: Sendable, Equatable {
    /// How many convolutions the network has.
    static let count = Int(IOTPIPE_SHIM_CONVOLUTIONS)

    /// Blocks in each of the network's four stages.
    static let depths = [3, 4, 6, 3]

    /// One range for each convolution, in the order of torchvision's forward pass: `conv1`, then for each block
    /// `downsample.0` where it has one, `conv1`, `conv2`, and `conv3` after the addition. Finite and above 0.
    public let values: [Float]

    /// - Throws: `.weightsFormat` where there are not as many, or one is not a finite number above 0.
    init(_ values: [Float]) throws(InferenceError) {
        guard values.count == ActivationRanges.count, values.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw InferenceError(
                .weightsFormat,
                "its metadata 'activation_ranges' are not \(ActivationRanges.count) finite numbers above 0; calibrate it "
                    + "again with `iotpipe calibrate`")
        }
        self.values = values
    }

    /// Whether a convolution's result may be negative: that of a `downsample.0`, which no ReLU follows.
    static let isSigned: [Bool] = {
        var signed = [false]
        for depth in depths {
            for block in 0..<depth { signed += (block == 0 ? [true] : []) + [false, false, false] }
        }
        return signed
    }()
}
