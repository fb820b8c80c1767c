import Images
import Testing

@Suite struct SyntheticImagesTests {
    @Test("A seed decides every pixel, on every machine")
    func deterministic() throws {
        let first = try SyntheticImages(seed: 7).image(at: 3)
        #expect(try SyntheticImages(seed: 7).image(at: 3) == first)
        #expect(try SyntheticImages(seed: 8).image(at: 3).image != first.image)
        #expect(try SyntheticImages(seed: 7).image(at: 4).image != first.image)
        #expect(Fixtures.hash(first.image.pixels) == 0x9D11_78D2_C27D_78B9)
        #expect(first.label == nil && first.labelIndex == nil && first.name == "synthetic[3]")
    }

    @Test("They are as large as real pictures of that size, and all different")
    func sizes() throws {
        let images = SyntheticImages()
        var seen = Set<[UInt8]>()
        var total = 0
        for index in 0..<300 {
            let picture = try images.image(at: index)
            #expect((1_500...3_300).contains(picture.png.count), "picture \(index): \(picture.png.count) bytes")
            #expect(try PNGCodec.decode(picture.png) == picture.image)
            total += picture.png.count
            seen.insert(picture.image.pixels)
        }
        #expect(seen.count == 300)
        #expect((2_000...3_000).contains(total / 300), "\(total / 300) bytes on average")
    }

    @Test("Any size")
    func anySize() throws {
        for (width, height) in [(1, 1), (224, 224), (640, 48)] {
            let image = try SyntheticImages(width: width, height: height).image(at: 0).image
            #expect(image.width == width && image.height == height)
        }
    }
}
