/// A colour, each part from 0 to 1.
public struct Colour: Sendable, Equatable {
    /// How much of red, green and blue.
    public let red: Double, green: Double, blue: Double

    /// From 0xRRGGBB.
    public init(_ hex: UInt32) {
        red = Double(hex >> 16 & 255) / 255
        green = Double(hex >> 8 & 255) / 255
        blue = Double(hex & 255) / 255
    }

    /// The colour thinned with white; 1 leaves it as it is.
    public func tinted(_ share: Double) -> Colour {
        Colour(0xFFFFFF).mixed(with: self, share)
    }

    /// A colour between this one (0) and another (1).
    func mixed(with other: Colour, _ share: Double) -> Colour {
        Colour(
            red: red + (other.red - red) * share, green: green + (other.green - green) * share,
            blue: blue + (other.blue - blue) * share)
    }

    private init(red: Double, green: Double, blue: Double) {
        self.red = red
        self.green = green
        self.blue = blue
    }
}
