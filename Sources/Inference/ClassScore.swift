/// One class and how probable the model holds it.
public struct ClassScore: Sendable, Equatable {
    /// The class's index, 0 to classes - 1.
    public let index: Int

    /// The class's name.
    public let label: String

    /// 0 to 1.
    public let probability: Float
}
