import Foundation
import Images

@testable import Inference

/// Pictures for the tests.
enum Pictures {
    /// Blurred noise: neighbours resemble each other, as in a photograph.
    static func random(width: Int, height: Int, seed: UInt64) -> RGBImage {
        var generator = SplitMix64(seed: seed)
        var value: [Float] = [128, 128, 128]
        let pixels = (0..<3 * width * height).map { index in
            let channel = index % 3
            value[channel] = min(255, max(0, value[channel] + 40 * Float.random(in: -1..<1, using: &generator)))
            return UInt8(value[channel])
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// The first pictures of CIFAR-100's test split.
    static func cifarTest(_ count: Int) throws -> [RGBImage] {
        let file = SharedFiles.folder.appendingPathComponent("data/cifar-100-binary/test.bin")
        let bytes = [UInt8](try Data(contentsOf: file, options: .alwaysMapped).prefix(3074 * count))
        return (0..<count).map { record in
            let planes = bytes[(3074 * record + 2)..<(3074 * (record + 1))]
            let pixels = (0..<1024).flatMap { pixel in
                (0..<3).map { planes[planes.startIndex + 1024 * $0 + pixel] }
            }
            return RGBImage(width: 32, height: 32, pixels: pixels)
        }
    }

    /// The network's input computed another way: the triangle filter in two dimensions at once, in double precision.
    static func prepared(_ image: RGBImage, size: InputSize, _ normalization: Normalization) -> [Float] {
        func weights(_ inputs: Int, _ outputs: Int, _ output: Int) -> [(index: Int, weight: Double)] {
            let scale = Double(inputs) / Double(outputs)
            let reach = max(1, scale)
            let centre = (Double(output) + 0.5) * scale
            let raw = (0..<inputs).compactMap { input -> (index: Int, weight: Double)? in
                let weight = 1 - abs(Double(input) + 0.5 - centre) / reach
                return weight > 0 ? (input, weight) : nil
            }
            let sum = raw.reduce(0) { $0 + $1.weight }
            return raw.map { ($0.index, $0.weight / sum) }
        }
        let columns = (0..<size.width).map { weights(image.width, size.width, $0) }
        let rows = (0..<size.height).map { weights(image.height, size.height, $0) }
        var result: [Float] = []
        for channel in 0..<3 {
            for row in rows {
                for column in columns {
                    var value = 0.0
                    for (y, rowWeight) in row {
                        for (x, columnWeight) in column {
                            let pixel = image.pixels[3 * (y * image.width + x) + channel]
                            value += rowWeight * columnWeight * Double(pixel)
                        }
                    }
                    let centred = value / 255 - Double(normalization.mean[channel])
                    result.append(Float(centred / Double(normalization.deviation[channel])))
                }
            }
        }
        return result
    }
}
