/// A picture in memory: 8-bit red, green and blue, row by row from the top, without padding.
public struct RGBImage: Sendable, Equatable {
    /// Pixels per row, at least 1.
    public let width: Int

    /// Rows, at least 1.
    public let height: Int

    /// `3 * width * height` bytes: R, G, B of the first row's first pixel, and so on.
    public let pixels: [UInt8]

    /// - Precondition: both sides are positive and `pixels` holds exactly `3 * width * height` bytes.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "an image has at least one pixel")
        precondition(pixels.count == 3 * width * height, "an RGB image has 3 bytes per pixel")
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
