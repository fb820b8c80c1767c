import Foundation
import Images
import Testing

@Suite struct CIFAR100DatasetTests {
    /// The error of opening a file of the given content.
    private func failure(_ content: [UInt8]) throws -> ImageError? {
        var failure: ImageError?
        try Fixtures.withFolder { folder in
            let file = folder.appending(path: "test.bin")
            try Data(content).write(to: file)
            do throws(ImageError) {
                _ = try CIFAR100Dataset(path: file.path)
            } catch {
                failure = error
            }
        }
        return failure
    }

    /// A record whose planes differ.
    private func record(coarse: UInt8, fine: UInt8) -> [UInt8] {
        let planes = (0..<3).flatMap { plane in (0..<1024).map { UInt8(truncatingIfNeeded: $0 / 8 + 60 * plane) } }
        return [coarse, fine] + planes
    }

    @Test("A record becomes an RGB picture with its class")
    func record() throws {
        try Fixtures.withFolder { folder in
            let file = folder.appending(path: "two.bin")
            try Data(record(coarse: 0, fine: 4) + record(coarse: 19, fine: 99)).write(to: file)
            let dataset = try CIFAR100Dataset(path: file.path)
            #expect(dataset.count == 2)
            #expect(dataset.summary == "CIFAR-100, 2 pictures of 32×32 from \(file.path)")
            let last = try dataset.image(at: 1)
            #expect(last.label == "worm" && last.labelIndex == 99 && last.name == "\(file.path)[1]")
            #expect(last.image.width == 32 && last.image.height == 32)
            #expect(Array(last.image.pixels.prefix(3)) == [0, 60, 120])
            #expect(Array(last.image.pixels.suffix(3)) == [127, 187, 247])
            #expect(try PNGCodec.decode(last.png) == last.image)
        }
    }

    @Test("A cut-off file says where")
    func truncated() throws {
        let whole = record(coarse: 0, fine: 4) + record(coarse: 1, fine: 1)
        let error = try #require(try failure(Array(whole.dropLast(10))))
        #expect(error.code == .datasetSize)
        #expect(error.message.contains("6138 bytes are 1 records") && error.message.contains("from byte 3074 on"))
        #expect(try failure([1, 2, 3])?.code == .datasetSize)
        #expect(try failure([])?.code == .empty)
    }

    @Test("Likely mix-ups are named")
    func mixUps() throws {
        #expect(try failure([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])?.message.contains("xz -d") == true)
        #expect(try failure([0x1F, 0x8B, 8])?.message.contains("gunzip") == true)
        #expect(try failure([0x80, 0x02, 0x7D])?.message.contains("Python version") == true)
        #expect(try failure(Array(repeating: 0, count: 3073))?.message.contains("CIFAR-10 ") == true)
    }

    @Test("A label that is none says which record")
    func labels() throws {
        let error = try #require(try failure(record(coarse: 0, fine: 4) + record(coarse: 0, fine: 100)))
        #expect(error.code == .datasetLabel && error.message.contains("record 1 (at byte 3074)"))
        #expect(try failure(record(coarse: 20, fine: 0))?.code == .datasetLabel)
    }

    @Test("What cannot be opened says why")
    func unreadable() {
        for path in ["/nonexistent/test.bin", NSTemporaryDirectory()] {
            #expect { try CIFAR100Dataset(path: path) } throws: {
                ($0 as? ImageError)?.code == .unreadable && "\($0)".contains(path)
            }
        }
    }

    @Test(
        "The official test split, and the sample that is part of it",
        .enabled(if: Fixtures.exists(Fixtures.cifarTest), "../shared/data/cifar-100-binary/test.bin is not here"))
    func official() throws {
        let dataset = try CIFAR100Dataset(path: Fixtures.cifarTest.path)
        #expect(dataset.count == 10_000)
        let sample = SampleImages()
        for index in 0..<sample.count {
            let (ours, official) = (try sample.image(at: index), try dataset.image(at: index))
            #expect(ours.image == official.image && ours.labelIndex == official.labelIndex, "\(ours.name)")
        }
    }

    @Test(
        "The class names are the official ones",
        .enabled(if: Fixtures.exists(Fixtures.cifarNames), "../shared/data/cifar-100-binary is not here"))
    func names() throws {
        for (file, ours) in [("fine", CIFAR100Labels.fine), ("coarse", CIFAR100Labels.coarse)] {
            let url = Fixtures.cifarNames.appending(path: "\(file)_label_names.txt")
            #expect(
                try String(contentsOf: url, encoding: .utf8).split(whereSeparator: \.isNewline).map(String.init) == ours
            )
        }
    }

    @Test("Names are found by index and back")
    func nameIndex() {
        #expect(CIFAR100Labels.fine.count == 100 && CIFAR100Labels.coarse.count == 20)
        for (index, name) in CIFAR100Labels.fine.enumerated() { #expect(CIFAR100Labels.index(of: name) == index) }
        for name in ["", "a", "Apple", "zebra", "fish"] { #expect(CIFAR100Labels.index(of: name) == nil) }
    }
}
