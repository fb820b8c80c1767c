/// The size of the picture that the network sees, in pixels.
public struct InputSize: Sendable, Hashable, CustomStringConvertible {
    /// The sizes that the network accepts on each side.
    public static let range = 32...4096

    /// Rows.
    public let height: Int

    /// Pixels per row.
    public let width: Int

    /// - Throws: `.invalidArgument` where a side lies outside `range`.
    public init(height: Int, width: Int) throws(InferenceError) {
        guard InputSize.range.contains(height), InputSize.range.contains(width) else {
            throw InferenceError(
                .invalidArgument,
                "the model's input size \(width)x\(height) is out of range: each side must have 32 to 4096 pixels")
        }
        self.init(uncheckedHeight: height, width: width)
    }

    /// The square that a network of so many classes was commonly trained at: 224 for ImageNet's 1000, 64 for
    /// CIFAR-100's, else 224.
    init(usualForClasses classes: Int) {
        let side = classes == 100 ? 64 : 224
        self.init(uncheckedHeight: side, width: side)
    }

    private init(uncheckedHeight height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// `WIDTHxHEIGHT`.
    public var description: String { "\(width)x\(height)" }
}
