import Images

extension ModelWeights {
    /// Random weights, the same for the same seed: for trying out and for measuring speed where there is no model.
    ///
    /// Drawn as He et al. (2015) propose, uniform with variance 2 / (inputs × kernel area), so that values keep their size
    /// from layer to layer; the last batch norm of each block is damped to 0.25, because blocks add up.
    ///
    /// - Parameters:
    ///   - classes: 1 to 100,000.
    ///   - inputSize: the size of picture; nil takes the usual one for the class count.
    public static func untrained(
        classes: Int = 100, seed: UInt64 = 1, inputSize: InputSize? = nil
    ) throws(InferenceError) -> ModelWeights {
        guard 1...100_000 ~= classes else {
            throw InferenceError(.invalidArgument, "a model has 1 to 100000 classes, not \(classes)")
        }
        var tensors: [WeightTensor] = []
        var end = 0
        for (name, shape) in ResNet50Tensors.shapes(classes: classes) {
            tensors.append(WeightTensor(name: name, type: .float32, shape: shape, offset: end))
            end += 4 * shape.reduce(1, *)
        }
        let storage = WeightStorage(count: end) { memory in
            var generator = SplitMix64(seed: seed)
            for tensor in tensors {
                let count = tensor.shape.reduce(1, *)
                let values = UnsafeMutableRawBufferPointer(rebasing: memory[tensor.offset..<tensor.offset + 4 * count])
                fill(values.bindMemory(to: Float.self), of: tensor, using: &generator)
            }
        }
        return ModelWeights(
            labels: Labels.usual(forClasses: classes), inputSize: inputSize ?? InputSize(usualForClasses: classes),
            version: "UNTRAINED", source: "untrained", storage: storage, tensors: tensors)
    }

    private static func fill(
        _ values: UnsafeMutableBufferPointer<Float>, of tensor: WeightTensor, using generator: inout SplitMix64
    ) {
        if tensor.shape.count > 1 {
            let inputs = Float(values.count / tensor.shape[0])
            // A uniform value in -a ..< a has the variance a² / 3.
            let reach = (3 * (tensor.name == "fc.weight" ? 1 : 2) / inputs).squareRoot()
            for index in values.indices { values[index] = generator.symmetric() * reach }
        } else if tensor.name.hasSuffix("running_var") {
            values.update(repeating: 1)
        } else if tensor.name.hasSuffix(".weight") {
            values.update(repeating: tensor.name.hasSuffix("bn3.weight") ? 0.25 : 1)
        } else {
            values.update(repeating: 0)
        }
    }
}

extension SplitMix64 {
    /// The next number in -1 ..< 1, from the top 24 bits.
    fileprivate mutating func symmetric() -> Float { (Float(next() >> 40) - 8_388_608) * (1 / 8_388_608) }
}
