import Foundation
import Images
import Testing

@Suite struct RGBImageTests {
    @Test("Resizing gives libtorch's antialiased bilinear pixels", arguments: [(48, 40), (20, 13), (7, 50)])
    func resize(width: Int, height: Int) throws {
        let source = try PNGCodec.decode(Fixtures.bytes(Fixtures.sample.appending(path: "cifar100_03_51.png")))
        let path = "Tests/Fixtures/resize/\(width)x\(height).rgb"
        let expected = try Fixtures.bytes(Fixtures.root.appending(path: path))
        let resized = source.resized(width: width, height: height)
        #expect(resized.width == width && resized.height == height)
        // Where a sum is exactly between two values, the order of its terms decides which one it becomes.
        let differences = zip(resized.pixels, expected).map { abs(Int($0) - Int($1)) }
        #expect(differences.count == 3 * width * height && differences.max() ?? 0 <= 1)
        #expect(differences.count { $0 > 0 } <= differences.count / 50)
    }

    @Test("Half-pixel centres by hand")
    func byHand() {
        func gray(_ width: Int, _ values: [UInt8]) -> RGBImage {
            RGBImage(width: width, height: values.count / width, pixels: values.flatMap { [$0, $0, $0] })
        }
        #expect(gray(2, [0, 100]).resized(width: 4, height: 1) == gray(4, [0, 25, 75, 100]))
        #expect(gray(1, [0, 100]).resized(width: 1, height: 4) == gray(1, [0, 25, 75, 100]))
        // Shrinking by two, the triangle covers four pixels: weights 1, 3, 3, 1 inside, 3, 3, 1 at the edge.
        #expect(gray(4, [0, 0, 70, 70]).resized(width: 2, height: 1) == gray(2, [10, 60]))
        #expect(gray(2, [10, 20, 30, 40]).resized(width: 1, height: 1) == gray(1, [25]))
        #expect(gray(1, [9]).resized(width: 3, height: 2) == gray(3, [9, 9, 9, 9, 9, 9]))
    }

    @Test("The same size is the same picture; white stays white")
    func identity() {
        let white = RGBImage(width: 13, height: 9, pixels: Array(repeating: 255, count: 3 * 13 * 9))
        #expect(white.resized(width: 13, height: 9) == white)
        for (width, height) in [(1, 1), (5, 4), (13, 1), (100, 90)] {
            #expect(white.resized(width: width, height: height).pixels.allSatisfy { $0 == 255 })
        }
    }
}
