import Inference

/// What clients are told of the model that answers them.
struct ServedModel: Sendable {
    /// The name in the protocol's paths.
    static let name = ModelWeights.name

    /// The version that results carry, such as `0123456789ab-f32`.
    let version: String
    /// What the model computes in.
    let precision: String
    /// The names of the classes in the order of their indices.
    let labels: [String]
    /// The size that pictures are brought to.
    let inputSize: InputSize
}

extension ServedModel {
    /// The model that the role has loaded.
    init(_ model: Model) {
        self.init(
            version: model.modelVersion, precision: model.precision.rawValue, labels: model.labels,
            inputSize: model.inputSize)
    }
}
