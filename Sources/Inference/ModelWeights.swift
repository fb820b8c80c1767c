import Images

/// The numbers of a resnet50, and what is known of them: the names of the classes, how pictures must be prepared, and
/// which file they came from.
public struct ModelWeights: Sendable {
    /// The network's name, as results carry it.
    public static let name = "resnet50"

    /// The names of the classes in the order of their indices.
    public let labels: [String]

    /// How pixel values are prepared.
    public let normalization: Normalization

    /// The size of picture that the network was trained for.
    public let inputSize: InputSize

    /// The first 12 hexadecimal digits of the file's SHA-256.
    public let version: String

    /// The path that they were read from.
    public let source: String

    /// For 8-bit integers; nil where the weights are not calibrated.
    public private(set) var activationRanges: ActivationRanges?

    /// What else the file's metadata say: recipe, data and the like, by key.
    public let notes: [String: String]

    let storage: WeightStorage
    let tensors: [WeightTensor]

    /// How many classes the network tells apart.
    public var classes: Int { labels.count }

    /// Bytes of the file that the weights lie in.
    public var byteCount: Int { storage.count }

    // MARK: Loading

    /// Reads a `.safetensors` file or a PyTorch state dictionary (`.pth`, `.pt`); the content decides, not the name.
    ///
    /// The file is mapped, not copied, and must keep its size while the weights are in use. What its metadata do not say
    /// follows from the number of classes: 1000 mean ImageNet's labels at 224×224, 100 CIFAR-100's at 64×64; mean and
    /// deviation are then ImageNet's.
    ///
    /// - Throws: `.weightsUnreadable`, `.weightsFormat`, `.weightsShape` or `.weightsMissingTensor`, naming the path.
    public static func load(_ path: String) throws(InferenceError) -> ModelWeights {
        let storage = try WeightStorage(path: path)
        do throws(InferenceError) {
            return try storage.withBytes { bytes throws(InferenceError) in
                try ModelWeights(bytes, storage: storage, path: path)
            }
        } catch {
            let remedy = error.code == .weightsFormat ? "; name a ResNet50 as .safetensors or .pth" : ""
            throw InferenceError(error.code, "the weights \(path) cannot be used: \(error.message)\(remedy)")
        }
    }

    private init(_ bytes: UnsafeRawBufferPointer, storage: WeightStorage, path: String) throws(InferenceError) {
        let metadata: ModelMetadata
        if bytes.starts(with: [0x50, 0x4b, 0x03, 0x04]) {  // "PK": a zip archive
            tensors = try TorchCheckpoint(bytes).tensors
            metadata = try ModelMetadata([:])
        } else if bytes.starts(with: [0x80, 0x02, 0x8a, 0x0a]) {
            throw InferenceError(
                .weightsFormat,
                "it has PyTorch's format from before 1.6; load it with PyTorch and save its state_dict again")
        } else {
            let file = try Safetensors(bytes)
            tensors = file.tensors
            metadata = try ModelMetadata(file.metadata)
        }
        let classes = try ModelWeights.classCount(of: tensors)
        if let named = metadata.labels, named.count != classes {
            throw InferenceError(
                .weightsFormat,
                "its metadata name \(named.count) labels, but its tensor 'fc.weight' has \(classes) rows (classes)")
        }
        labels = metadata.labels ?? Labels.usual(forClasses: classes)
        normalization = metadata.normalization ?? .imageNet
        inputSize = metadata.inputSize ?? InputSize(usualForClasses: classes)
        activationRanges = metadata.activationRanges
        notes = metadata.notes
        version = String(try SHA256.hex(bytes).prefix(12))
        source = path
        self.storage = storage
    }

    /// The same weights, calibrated.
    public func calibrated(_ ranges: ActivationRanges) -> ModelWeights {
        var weights = self
        weights.activationRanges = ranges
        return weights
    }

    /// The rows of fc.weight.
    private static func classCount(of tensors: [WeightTensor]) throws(InferenceError) -> Int {
        guard let last = tensors.first(where: { $0.name == "fc.weight" }) else {
            throw InferenceError(
                .weightsMissingTensor, "the weights lack the tensor 'fc.weight' of torchvision's resnet50")
        }
        guard last.shape.count == 2, 1...100_000 ~= last.shape[0] else {
            throw InferenceError(
                .weightsShape, "tensor 'fc.weight' has the shape \(last.shape); resnet50 needs [classes, 2048]")
        }
        return last.shape[0]
    }
}
