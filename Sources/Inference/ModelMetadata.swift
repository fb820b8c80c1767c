import FoundationEssentials

/// What a weights file says of itself in safetensors metadata: each value a string,
/// lists as JSON. A file may lack any of it; others are allowed.
struct ModelMetadata: Sendable, Equatable {
    /// `labels`: the names of the classes in the order of their indices.
    var labels: [String]?
    /// `mean` and `std`: of R, G, B in 0...1; both or neither.
    var normalization: Normalization?
    /// `input_size`: the side of the square that the network was trained for.
    var inputSize: InputSize?
    /// `activation_ranges`: what 8-bit integers must be able to tell apart.
    var activationRanges: ActivationRanges?
    /// All others: what whoever made the file wrote of it. They are kept when weights are written again.
    var notes: [String: String]

    private static let known: Set = ["architecture", "labels", "mean", "std", "input_size", "activation_ranges"]

    /// - Throws: `.weightsFormat` where a value cannot be read or two disagree.
    init(_ values: [String: String]) throws(InferenceError) {
        notes = values.filter { !ModelMetadata.known.contains($0.key) }
        if let architecture = values["architecture"], architecture != "resnet50" {
            throw InferenceError(.weightsFormat, "its metadata says architecture '\(architecture)', not resnet50")
        }
        if let text = values["labels"] {
            let labels = try ModelMetadata.list(of: String.self, text, key: "labels")
            guard !labels.isEmpty, labels.allSatisfy({ !$0.isEmpty }) else {
                throw InferenceError(.weightsFormat, "its metadata 'labels' holds no names, or an empty one")
            }
            self.labels = labels
        }
        switch (values["mean"], values["std"]) {
        case (nil, nil): break
        case (let mean?, let deviation?):
            normalization = try Normalization(
                mean: ModelMetadata.list(of: Float.self, mean, key: "mean"),
                deviation: ModelMetadata.list(of: Float.self, deviation, key: "std"))
        default:
            throw InferenceError(.weightsFormat, "its metadata has one of 'mean' and 'std' without the other")
        }
        if let text = values["input_size"] {
            guard let side = Int(text), InputSize.range.contains(side) else {
                throw InferenceError(
                    .weightsFormat, "its metadata 'input_size' is '\(text)', not a whole number from 32 to 4096")
            }
            inputSize = try InputSize(height: side, width: side)
        }
        if let text = values["activation_ranges"] {
            activationRanges = try ActivationRanges(
                ModelMetadata.list(of: Float.self, text, key: "activation_ranges"))
        }
    }

    private static func list<Element: Decodable>(
        of type: Element.Type, _ text: String, key: String
    ) throws(InferenceError) -> [Element] {
        do {
            return try JSONDecoder().decode([Element].self, from: Data(text.utf8))
        } catch {
            throw InferenceError(.weightsFormat, "its metadata '\(key)' is no JSON list of the right kind")
        }
    }
}
