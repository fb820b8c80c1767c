/// The size of a picture.
public struct PixelSize: Sendable, Hashable {
    /// Pixels from left to right.
    public let width: Int
    /// Pixels from top to bottom.
    public let height: Int

    /// A size in pixels.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

extension ValueType where Value == PixelSize {
    /// Width and height in pixels, such as `32x32`, each within limits.
    public static func size(_ limits: ClosedRange<Int>) -> ValueType<PixelSize> {
        ValueType(
            placeholder: "WxH",
            parse: { (text) throws(ArgumentError) -> PixelSize in
                let parts = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, parts.allSatisfy(Decimal.isWholeNumber),
                    let width = Int(parts[0]), let height = Int(parts[1])
                else {
                    throw .badValue("a size is a width and a height in pixels with an x between them, such as 32x32")
                }
                guard limits.contains(width), limits.contains(height) else {
                    throw .badValue(
                        "width and height must be from \(limits.lowerBound) to \(limits.upperBound) pixels, such as 32x32"
                    )
                }
                return PixelSize(width: width, height: height)
            },
            format: { "\($0.width)x\($0.height)" })
    }
}
