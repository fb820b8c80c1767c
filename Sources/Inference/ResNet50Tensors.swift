/// The tensors of torchvision's resnet50 in the order of its state dictionary, without the counters.
enum ResNet50Tensors {
    /// Blocks in each of the four stages.
    static let depths = [3, 4, 6, 3]

    static func shapes(classes: Int) -> [(name: String, shape: [Int])] {
        var all: [(name: String, shape: [Int])] = []
        func convolution(_ name: String, norm: String, _ outputs: Int, _ inputs: Int, kernel: Int) {
            all.append((name + ".weight", [outputs, inputs, kernel, kernel]))
            for part in ["weight", "bias", "running_mean", "running_var"] { all.append((norm + "." + part, [outputs])) }
        }
        convolution("conv1", norm: "bn1", 64, 3, kernel: 7)
        var channels = 64
        for (stage, depth) in depths.enumerated() {
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
}
