/// One class that the model holds possible for a picture.
public struct Prediction: Sendable, Equatable {
    /// The class's name.
    public let label: String
    /// The class's place in the model's output, from 0.
    public let index: Int
    /// From 0 to 1.
    public let probability: Double

    /// A prediction from its parts.
    public init(label: String, index: Int, probability: Double) {
        self.label = label
        self.index = index
        self.probability = probability
    }
}
