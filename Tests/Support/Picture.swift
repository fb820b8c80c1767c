import CCairo
import Charts
import Foundation
import Testing

/// A PNG decoded by cairo.
public struct Picture {
    /// Pixels.
    public let width: Int
    /// Pixels.
    public let height: Int
    private let pixels: [UInt32]
    /// 0xRRGGBB and how many pixels have it.
    public let colours: [UInt32: Int]

    /// - Parameter folder: where a file is made on the way.
    public init(_ png: [UInt8], in folder: TemporaryFolder) throws {
        let path = folder.file("picture.png")
        try Data(png).write(to: URL(fileURLWithPath: path))
        let surface = cairo_image_surface_create_from_png(path)
        defer { cairo_surface_destroy(surface) }
        try #require(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
        width = Int(cairo_image_surface_get_width(surface))
        height = Int(cairo_image_surface_get_height(surface))
        let stride = Int(cairo_image_surface_get_stride(surface))
        let data = try #require(UnsafeRawPointer(cairo_image_surface_get_data(surface)))
        var pixels: [UInt32] = []
        pixels.reserveCapacity(width * height)
        for y in 0..<height {
            for x in 0..<width {
                pixels.append(data.load(fromByteOffset: y * stride + 4 * x, as: UInt32.self) & 0xFFFFFF)
            }
        }
        self.pixels = pixels
        colours = Picture.count(pixels[...])
    }

    /// The colour of the pixel at a place, in units of the picture's own pixels.
    public func colour(x: Double, y: Double) -> UInt32 {
        pixels[min(height - 1, max(0, Int(y))) * width + min(width - 1, max(0, Int(x)))]
    }

    /// The colours in a rectangle and how many pixels have each.
    public func colours(x: ClosedRange<Double>, y: ClosedRange<Double>) -> [UInt32: Int] {
        var counts: [UInt32: Int] = [:]
        for row in Int(y.lowerBound)..<min(height, Int(y.upperBound)) {
            let line = row * width
            for pixel in pixels[(line + Int(x.lowerBound))..<(line + min(width, Int(x.upperBound)))] {
                counts[pixel, default: 0] += 1
            }
        }
        return counts
    }

    /// The mean red, green and blue, 0 to 255, of a square of `side` pixels in the grid of such squares.
    public func mean(_ column: Int, _ row: Int, of side: Int) -> [Double] {
        var sums = [0, 0, 0]
        for y in row * side..<min(height, (row + 1) * side) {
            for pixel in pixels[(y * width + column * side)..<(y * width + min(width, (column + 1) * side))] {
                for (index, shift) in [16, 8, 0].enumerated() { sums[index] += Int(pixel >> UInt32(shift) & 0xFF) }
            }
        }
        return sums.map { Double($0) / Double(side * side) }
    }

    private static func count(_ pixels: ArraySlice<UInt32>) -> [UInt32: Int] {
        var counts: [UInt32: Int] = [:]
        var white = 0
        for pixel in pixels {
            if pixel == 0xFFFFFF { white += 1 } else { counts[pixel, default: 0] += 1 }
        }
        counts[0xFFFFFF] = white
        return counts
    }
}

extension Colour {
    /// 0xRRGGBB.
    public var hex: UInt32 {
        [red, green, blue].reduce(0) { $0 << 8 | UInt32(($1 * 255).rounded()) }
    }
}
