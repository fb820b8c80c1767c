/// A reader of what `torch.save(model.state_dict(), …)` writes since PyTorch 1.6: a zip archive with a pickle
/// (`NAME/data.pkl`) that names tensors, and one stored entry (`NAME/data/KEY`) for the bytes of each storage.
struct TorchCheckpoint {
    /// The tensors that the network may use, by name.
    let tensors: [WeightTensor]

    /// Far above any state dictionary's (resnet50's has 60 KB).
    private static let largestPickle = 64 << 20

    private static let elementTypes: [String: WeightTensor.ElementType] = [
        "torch.FloatStorage": .float32, "torch.HalfStorage": .float16, "torch.BFloat16Storage": .bfloat16,
    ]

    /// - Throws: `.weightsFormat`, without the file's name: the caller knows it.
    init(_ file: UnsafeRawBufferPointer) throws(InferenceError) {
        let entries = try ZipDirectory(file).entries
        let pickles = entries.keys.filter { $0.hasSuffix("/data.pkl") }
        guard pickles.count == 1, let pickle = pickles.first, let range = entries[pickle] else {
            throw TorchCheckpoint.failure("it is a zip archive without a PyTorch pickle (data.pkl), or with several")
        }
        guard range.count <= TorchCheckpoint.largestPickle else {
            throw TorchCheckpoint.failure("its pickle has \(range.count) bytes, too many for a state_dict")
        }
        let folder = pickle.dropLast("data.pkl".count)
        if let order = entries[folder + "byteorder"] {
            guard file[order].elementsEqual("little".utf8) else {
                throw TorchCheckpoint.failure("it was written by a big-endian machine")
            }
        }
        let dictionary = try PickleMachine.run(UnsafeRawBufferPointer(rebasing: file[range]))
        if let other = dictionary.others.first {
            throw TorchCheckpoint.failure(
                "its entry '\(other)' is no tensor: it is a training checkpoint; save model.state_dict() alone")
        }
        var found: [WeightTensor] = []
        for (name, tensor) in dictionary.tensors where !WeightTensor.isIgnored(name) {
            guard let type = TorchCheckpoint.elementTypes[tensor.storageType] else {
                throw TorchCheckpoint.failure(
                    "tensor '\(name)' lies in a \(tensor.storageType), which is not for weights")
            }
            guard let storage = entries[folder + "data/" + tensor.storageKey] else {
                throw TorchCheckpoint.failure("the bytes of tensor '\(name)' are missing")
            }
            found.append(try TorchCheckpoint.locate(tensor, named: name, type: type, in: storage))
        }
        tensors = found.sorted { $0.name < $1.name }
    }

    private static func locate(
        _ tensor: PickleMachine.Tensor, named name: String, type: WeightTensor.ElementType, in storage: Range<Int>
    ) throws(InferenceError) -> WeightTensor {
        guard let count = WeightTensor.elementCount(of: tensor.shape), count > 0,
            tensor.strides.count == tensor.shape.count
        else { throw failure("tensor '\(name)' has no sound shape") }
        var expected = 1
        for (side, stride) in zip(tensor.shape, tensor.strides).reversed() {
            // Where a side is 1 its stride is never used.
            guard side == 1 || stride == expected else {
                throw failure("tensor '\(name)' is not contiguous; save it after .contiguous()")
            }
            expected *= side
        }
        let capacity = storage.count / type.size
        guard tensor.offset >= 0, tensor.offset <= capacity, count <= capacity - tensor.offset,
            tensor.storageCount <= capacity
        else { throw failure("tensor '\(name)' reaches beyond its storage: the file is damaged") }
        return WeightTensor(
            name: name, type: type, shape: tensor.shape, offset: storage.lowerBound + tensor.offset * type.size)
    }

    private static func failure(_ what: String) -> InferenceError {
        InferenceError(.weightsFormat, what)
    }
}
