import Images
import Synchronization
import Testing

@testable import Pipeline

@Suite struct ImageFeedTests {
    /// Five images that count how often they are asked for.
    private final class Counted: ImageDataset {
        let asked = Mutex<[Int]>([])
        let source = SampleImages()
        let count = 5
        let summary = "counted"

        func image(at index: Int) throws(ImageError) -> LabelledImage {
            asked.withLock { $0.append(index) }
            return try source.image(at: index)
        }
    }

    @Test func imagesComeInTurnsAndAreReadOnce() throws {
        let dataset = Counted()
        let feed = ImageFeed(dataset: dataset, size: nil)
        #expect(feed.count == 5)
        for index in 0..<12 {
            let expected = try dataset.source.image(at: index % 5)
            let item = try feed.item(at: index)
            #expect(item.png.array == expected.png && item.label == expected.label)
        }
        #expect(dataset.asked.withLock { $0 } == [0, 1, 2, 3, 4])
    }

    @Test func memoryIsLimited() throws {
        let dataset = Counted()
        let first = try dataset.source.image(at: 0).png.count
        let feed = ImageFeed(dataset: dataset, size: nil, limit: first)
        for index in [0, 1, 0, 1] { _ = try feed.item(at: index) }
        #expect(dataset.asked.withLock { $0 } == [0, 1, 1])
    }

    @Test func imagesOfTheWantedSizeAreSentAsTheyAre() throws {
        let dataset = Counted()
        let source = try dataset.source.image(at: 0)
        let same = ImageFeed(dataset: dataset, size: (source.image.width, source.image.height))
        #expect(try same.item(at: 0).png.array == source.png)
        let larger = ImageFeed(dataset: dataset, size: (100, 50))
        let item = try PNGCodec.decode(larger.item(at: 0).png.array)
        #expect(item == source.image.resized(width: 100, height: 50))
    }
}
