import Images

@testable import Inference

/// A resnet50 without training, the same for the same seed: for what holds of any weights.
///
/// Drawn as He et al. (2015) propose, uniform with variance 2 / (inputs × kernel area), so that values keep their size
/// from layer to layer; the last batch norm of each block is damped to 0.25, because blocks add up.
enum RandomWeights {
    /// A file of them, loaded.
    static func load(classes: Int = 10, seed: UInt64 = 7, inputSize: Int = 64) throws -> ModelWeights {
        try TemporaryFolder.load(
            SafetensorsFile.file(["input_size": "\(inputSize)"], tensors(classes: classes, seed: seed)))
    }

    /// The tensors in the order of torchvision's state dictionary, without the counters.
    static func tensors(classes: Int, seed: UInt64) -> [SafetensorsFile.Tensor] {
        var generator = SplitMix64(seed: seed)
        return shapes(classes: classes).map { name, shape in
            let values = [Float](unsafeUninitializedCapacity: shape.reduce(1, *)) { buffer, count in
                count = buffer.count
                fill(buffer, name, outputs: shape[0], using: &generator)
            }
            return (name, shape, values.withUnsafeBytes { Array($0) })
        }
    }

    private static func shapes(classes: Int) -> [(name: String, shape: [Int])] {
        var all: [(name: String, shape: [Int])] = []
        func convolution(_ name: String, norm: String, _ outputs: Int, _ inputs: Int, kernel: Int) {
            all.append((name + ".weight", [outputs, inputs, kernel, kernel]))
            for part in ["weight", "bias", "running_mean", "running_var"] { all.append((norm + "." + part, [outputs])) }
        }
        convolution("conv1", norm: "bn1", 64, 3, kernel: 7)
        var channels = 64
        for (stage, depth) in ActivationRanges.depths.enumerated() {
            let inner = 64 << stage
            for block in 0..<depth {
                let prefix = "layer\(stage + 1).\(block)."
                convolution(prefix + "conv1", norm: prefix + "bn1", inner, channels, kernel: 1)
                convolution(prefix + "conv2", norm: prefix + "bn2", inner, inner, kernel: 3)
                convolution(prefix + "conv3", norm: prefix + "bn3", inner * 4, inner, kernel: 1)
                if block == 0 {
                    convolution(
                        prefix + "downsample.0", norm: prefix + "downsample.1", inner * 4, channels, kernel: 1)
                }
                channels = inner * 4
            }
        }
        all.append(("fc.weight", [classes, channels]))
        all.append(("fc.bias", [classes]))
        return all
    }

    private static func fill(
        _ values: UnsafeMutableBufferPointer<Float>, _ name: String, outputs: Int, using generator: inout SplitMix64
    ) {
        if values.count > outputs {
            let inputs = Float(values.count / outputs)
            // A uniform value in -a ..< a has the variance a² / 3.
            let reach = (3 * (name == "fc.weight" ? 1 : 2) / inputs).squareRoot()
            for index in values.indices { values[index] = generator.symmetric() * reach }
        } else if name.hasSuffix("running_var") {
            values.update(repeating: 1)
        } else if name.hasSuffix(".weight") {
            values.update(repeating: name.hasSuffix("bn3.weight") ? 0.25 : 1)
        } else {
            values.update(repeating: 0)
        }
    }
}

extension SplitMix64 {
    /// The next number in -1 ..< 1, from the top 24 bits.
    fileprivate mutating func symmetric() -> Float { (Float(next() >> 40) - 8_388_608) * (1 / 8_388_608) }
}
