import Foundation
import Images
import Testing

@Suite struct PNGCodecTests {
    // MARK: - Right pictures

    /// Lines of expected.txt: a file's name, its size, and its pixels in hexadecimal.
    static let expected: [(name: String, image: RGBImage)] = {
        let text = try! String(contentsOf: Fixtures.suite.appending(path: "expected.txt"), encoding: .utf8)
        return text.split(separator: "\n").map { line in
            let fields = line.split(separator: " ")
            let digits = Array(fields[3])
            let pixels = stride(from: 0, to: digits.count, by: 2).map {
                UInt8(String(digits[$0...($0 + 1)]), radix: 16)!
            }
            return (String(fields[0]), RGBImage(width: Int(fields[1])!, height: Int(fields[2])!, pixels: pixels))
        }
    }()

    @Test("Every colour type, depth and interlacing decodes to a reference decoder's pixels")
    func suite() throws {
        #expect(PNGCodecTests.expected.count == 46)
        for (name, image) in PNGCodecTests.expected {
            #expect(try PNGCodec.decode(Fixtures.png(name)) == image, "\(name)")
        }
    }

    @Test(
        "Photographs decode to Pillow's pixels",
        .enabled(if: Fixtures.exists(Fixtures.photos), "../shared/data/photos is not here"),
        arguments: [
            ("chelsea", 451, 300, 0xb217_9687_9661_57a8), ("coffee", 600, 400, 0xd261_c1b9_1ef6_ee1e),
            ("motorcycle_left", 741, 500, 0x47f0_5803_b4f0_1e2e),
        ] as [(String, Int, Int, UInt64)])
    func photographs(name: String, width: Int, height: Int, hash: UInt64) throws {
        let image = try PNGCodec.decode(Fixtures.bytes(Fixtures.photos.appending(path: name + ".png")))
        #expect(image.width == width && image.height == height)
        #expect(Fixtures.hash(image.pixels) == hash)
    }

    @Test("What is encoded decodes to the same pixels at every level and many sizes")
    func roundTrip() throws {
        var random = Repeatable(1)
        for (width, height) in [(1, 1), (2, 3), (32, 32), (33, 1), (1, 40), (200, 150)] {
            let noise = (0..<(3 * width * height)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let smooth = (0..<(3 * width * height)).map { UInt8(truncatingIfNeeded: $0 / (3 * width)) }
            for pixels in [noise, smooth, Array(repeating: 7, count: noise.count)] {
                let image = RGBImage(width: width, height: height, pixels: pixels)
                for level in 0...9 {
                    let png = try PNGCodec.encode(image, compressionLevel: level)
                    #expect(try PNGCodec.decode(png) == image, "\(width)×\(height) at level \(level)")
                }
            }
        }
    }

    @Test("A size beyond libpng's is an error, not a crash")
    func tooWideToEncode() {
        let image = RGBImage(width: 1_000_001, height: 1, pixels: Array(repeating: 0, count: 3_000_003))
        #expect { try PNGCodec.encode(image) } throws: { ($0 as? ImageError)?.code == .tooLarge }
    }

    // MARK: - Wrong pictures

    /// The error that decoding must end in.
    private func failure(_ png: [UInt8], _ limits: PNGCodec.Limits = .standard) -> ImageError? {
        do throws(ImageError) {
            _ = try PNGCodec.decode(png, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test("Other formats are named")
    func otherFormats() {
        #expect(failure([])?.code == .empty)
        let jpeg = failure([0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10, 0x4A, 0x46, 0x49, 0x46])
        #expect(jpeg?.code == .notPNG)
        #expect(jpeg?.message.contains("FF D8 FF E0") == true && jpeg?.message.contains("JPEG") == true)
        #expect(failure(Array("GIF89a".utf8))?.message.contains("GIF") == true)
        #expect(failure(Array("iVBORw0KGgoAAAANSUhEUg".utf8))?.message.contains("base64") == true)
        #expect(failure(Array("hello".utf8))?.code == .notPNG)
        #expect(failure([0])?.code == .notPNG)
        #expect(failure([0x89, 0x50])?.code == .corrupt)
    }

    @Test("Every cut-off PNG is refused, whatever its kind, with the place")
    func truncations() throws {
        for name in ["plain", "rgb-16-interlaced", "palette-4-trns", "many-idat", "ancillary"] {
            let png = try Fixtures.png(name)
            for length in 1..<png.count {
                let error = failure(Array(png.prefix(length)))
                #expect(error?.code == .corrupt, "\(name) cut off at \(length)")
            }
            #expect(failure(Array(png.prefix(png.count - 20)))?.message.contains("byte \(png.count - 20)") == true)
        }
    }

    @Test("Every flipped bit is found")
    func bitFlips() throws {
        for name in ["plain", "palette-2-interlaced", "gray-1"] {
            let png = try Fixtures.png(name)
            for bit in 0..<(8 * png.count) {
                var damaged = png
                damaged[bit / 8] ^= 1 << (bit % 8)
                #expect(failure(damaged) != nil, "\(name) with bit \(bit) flipped")
            }
        }
    }

    @Test("Damage behind right checksums never does harm")
    func mutations() throws {
        var random = Repeatable(2)
        let originals = try PNGCodecTests.expected.map { try Fixtures.png($0.name) }
        var refused = 0
        for round in 0..<20_000 {
            var png = originals[round % originals.count]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 8..<png.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: png[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: png[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random)!
                case 2: png.insert(UInt8.random(in: 0...255, using: &random), at: place)
                case 3 where png.count > 40: png.removeSubrange(place..<min(png.count, place + 3))
                default: png[place] = UInt8.random(in: 0...255, using: &random)
                }
                if png.count < 20 { break }
            }
            if round % 4 != 0 { Fixtures.repairChecksums(&png) }
            if failure(png, PNGCodec.Limits(maxWidth: 4096, maxHeight: 4096, maxPixels: 1 << 20, maxBytes: 1 << 20))
                != nil
            {
                refused += 1
            }
        }
        #expect(refused > 10_000)
    }

    @Test("Checksums inside and between chunks are all looked at")
    func checksums() throws {
        // Compressed data whose Adler-32 is wrong although the chunk's CRC is right.
        let row: [UInt8] = [0, 1, 2, 3]
        let stored: [UInt8] = [0x78, 0x01, 0x01, 4, 0, 0xFB, 0xFF] + row
        let right: [UInt8] = [0x00, 0x0E, 0x00, 0x07]
        let wrong: [UInt8] = [0x00, 0x0E, 0x00, 0x08]
        #expect(failure(Fixtures.png(width: 1, height: 1, data: stored + right)) == nil)
        #expect(failure(Fixtures.png(width: 1, height: 1, data: stored + wrong))?.code == .corrupt)
        // More compressed data than the picture has rows, and less.
        #expect(failure(Fixtures.png(width: 1, height: 2, data: stored + right))?.code == .corrupt)
        #expect(failure(Fixtures.png(width: 1, height: 1, data: stored + right + [1, 2, 3]))?.code == .corrupt)
        // No picture data at all.
        #expect(failure(Fixtures.png(width: 1, height: 1))?.code == .corrupt)
        // A text chunk with a wrong CRC.
        var text = try Fixtures.png("ancillary")
        let comment = try #require(Data(text).range(of: Data("hello".utf8)))
        text[comment.lowerBound] ^= 1
        #expect(failure(text)?.message.contains("CRC") == true)
    }

    @Test("An index beyond the palette is black, as in Pillow")
    func paletteOverrun() throws {
        // Four pixels of 4 bits, indices 0, 1, 5 and 15, where the palette has one colour.
        let parts = [
            Fixtures.png(width: 4, height: 1, depth: 4, color: 3).prefix(33), Fixtures.chunk("PLTE", [9, 8, 7])[...],
            Fixtures.chunk(
                "IDAT", [0x78, 0x01, 0x01, 3, 0, 0xFC, 0xFF, 0, 0x01, 0x5F, 0x00, 0x64, 0x00, 0x61])[...],
            Fixtures.chunk("IEND", [])[...],
        ]
        #expect(try PNGCodec.decode(parts.flatMap { $0 }).pixels == [9, 8, 7] + Array(repeating: 0, count: 9))
    }

    @Test("Headers that no PNG can have")
    func headers() {
        #expect(failure(Fixtures.png(width: 0, height: 1))?.code == .corrupt)
        #expect(failure(Fixtures.png(width: 1, height: 0x8000_0000))?.code == .corrupt)
        #expect(failure(Fixtures.png(width: 1, height: 1, depth: 3))?.code == .corrupt)
        #expect(failure(Fixtures.png(width: 1, height: 1, depth: 4, color: 2))?.code == .corrupt)
        #expect(failure(Fixtures.png(width: 1, height: 1, color: 1))?.code == .corrupt)
        #expect(failure(Fixtures.png(width: 1, height: 1, color: 7))?.code == .corrupt)
        var png = Fixtures.png(width: 1, height: 1)
        png[27] = 64
        #expect(failure(png)?.code == .unsupported)
        png[27] = 0
        png.replaceSubrange(12..<16, with: Array("CgBI".utf8))
        #expect(failure(png)?.code == .unsupported)
        png.replaceSubrange(12..<16, with: Array("IDAT".utf8))
        #expect(failure(png)?.code == .corrupt)
    }

    // MARK: - Limits

    @Test("Giants are refused by their header, bombs by their size")
    func limits() throws {
        #expect(failure(Fixtures.png(width: 100_000, height: 100_000))?.code == .tooLarge)
        #expect(failure(Fixtures.png(width: 16_385, height: 1))?.code == .tooLarge)
        #expect(failure(Fixtures.png(width: 1, height: 16_385))?.code == .tooLarge)
        #expect(failure(Fixtures.png(width: 8192, height: 8192))?.message.contains("8192×8192") == true)
        // Within the limits, but its bytes could never hold that much.
        let bomb = failure(Fixtures.png(width: 4096, height: 4096))
        #expect(bomb?.code == .corrupt && bomb?.message.contains("too few") == true)
        // No limit at all: nothing overflows.
        let none = PNGCodec.Limits(maxWidth: .max, maxHeight: .max, maxPixels: .max, maxBytes: .max)
        #expect(
            failure(Fixtures.png(width: 0x7FFF_FFFF, height: 0x7FFF_FFFF, depth: 16, color: 6), none)?.code == .corrupt)

        let plain = try Fixtures.png("plain")
        func limits(_ width: Int, _ height: Int, _ pixels: Int, _ bytes: Int) -> PNGCodec.Limits {
            PNGCodec.Limits(maxWidth: width, maxHeight: height, maxPixels: pixels, maxBytes: bytes)
        }
        #expect(failure(plain, limits(9, 10, 90, plain.count)) == nil)
        #expect(failure(plain, limits(8, 10, 90, plain.count))?.code == .tooLarge)
        #expect(failure(plain, limits(9, 9, 90, plain.count))?.code == .tooLarge)
        #expect(failure(plain, limits(9, 10, 89, plain.count))?.code == .tooLarge)
        #expect(failure(plain, limits(9, 10, 90, plain.count - 1))?.code == .tooLarge)
    }

    @Test("The most that deflate can shrink is not mistaken for a lie")
    func blackPicture() throws {
        let image = RGBImage(width: 3000, height: 3000, pixels: Array(repeating: 0, count: 27_000_000))
        let png = try PNGCodec.encode(image, compressionLevel: 9)
        #expect(png.count < 40_000)
        #expect(try PNGCodec.decode(png) == image)
    }
}
