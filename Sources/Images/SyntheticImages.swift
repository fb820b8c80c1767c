/// Pictures made up from a seed: shaded backgrounds, a few discs and bars, and grain, so that they compress as
/// photographs of that size do (about 2 to 3 KB for 32×32). They show nothing and have no label.
///
/// Only integers and exact floating-point operations are used: the same seed and index give the same pixels everywhere.
public struct SyntheticImages: ImageDataset {
    /// How many pictures there are; each is made when asked for.
    public let count: Int

    /// What all of them follow from.
    public let seed: UInt64

    private let width: Int
    private let height: Int

    /// Pictures of the given size; `seed` decides all of them.
    public init(count: Int = 10_000, width: Int = 32, height: Int = 32, seed: UInt64 = 0) {
        precondition(count > 0 && width > 0 && height > 0, "at least one picture of at least one pixel")
        self.count = count
        self.width = width
        self.height = height
        self.seed = seed
    }

    /// One line that says what and how many.
    public var summary: String { "\(count) synthetic pictures of \(width)×\(height), seed \(seed), without labels" }

    /// The picture at an index, and its PNG.
    public func image(at index: Int) throws(ImageError) -> LabelledImage {
        precondition((0..<count).contains(index), "no picture at index \(index) of \(count)")
        var random = SplitMix64(seed: seed &+ UInt64(index) &* 0xD134_2543_DE82_EF95)
        let image = paint(using: &random)
        return LabelledImage(
            image: image, png: try PNGCodec.encode(image), label: nil, labelIndex: nil, name: "synthetic[\(index)]")
    }

    // MARK: - Painting

    /// A disc or a bar; lengths are in pixels, colours 0 to 255.
    private struct Shape {
        let isDisc: Bool
        let x: Float
        let y: Float
        let radius: Float
        let color: SIMD3<Float>

        init(width: Float, height: Float, using random: inout SplitMix64) {
            isDisc = random.fraction() < 0.6
            x = random.fraction() * width
            y = random.fraction() * height
            radius = (0.06 + 0.22 * random.fraction()) * max(width, height)
            color = random.color()
        }

        /// How much of it covers a pixel, 0 to 1: a soft edge two pixels wide.
        func cover(_ column: Float, _ row: Float) -> Float {
            let (dx, dy) = (column - x, row - y)
            let distance = isDisc ? (dx * dx + dy * dy).squareRoot() : abs(dx + dy / 2)
            return min(max((radius - distance) / 2 + 0.5, 0), 1)
        }
    }

    private func paint(using random: inout SplitMix64) -> RGBImage {
        let corners = (0..<4).map { _ in random.color() }
        let shapes = (0..<Int(2 + 4 * random.fraction())).map { _ in
            Shape(width: Float(width), height: Float(height), using: &random)
        }
        let grain = 4 + 14 * random.fraction()
        var pixels = [UInt8]()
        pixels.reserveCapacity(3 * width * height)
        for row in 0..<height {
            let down = Float(row) / Float(height)
            for column in 0..<width {
                let across = Float(column) / Float(width)
                let top = corners[0] + (corners[1] - corners[0]) * across
                let bottom = corners[2] + (corners[3] - corners[2]) * across
                var color = top + (bottom - top) * down
                for shape in shapes { color += (shape.color - color) * shape.cover(Float(column), Float(row)) }
                // Most of a camera's noise is in brightness.
                let brightness = (random.fraction() + random.fraction() - 1) * grain
                color += SIMD3(repeating: brightness)
                for channel in 0..<3 {
                    let noise = (random.fraction() - 0.5) * grain / 3
                    pixels.append(UInt8(min(max(color[channel] + noise, 0), 255)))
                }
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }
}

extension SplitMix64 {
    /// At least 0, below 1: 24 bits, as many as a Float holds.
    fileprivate mutating func fraction() -> Float { Float(next() >> 40) / Float(1 << 24) }

    fileprivate mutating func color() -> SIMD3<Float> { SIMD3(fraction(), fraction(), fraction()) * 255 }
}
