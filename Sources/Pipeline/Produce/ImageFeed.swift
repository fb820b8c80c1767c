import Events
import Images

/// The PNG files a producer sends, round robin over a dataset, encoded once and kept as far as the memory limit allows.
final class ImageFeed {
    /// What travels of one image.
    struct Item {
        let png: PinnedBytes
        let label: String?
    }

    private let dataset: any ImageDataset
    private let size: (width: Int, height: Int)?
    private let limit: Int
    private var cache: [Item?]
    private var cachedBytes = 0

    /// - Parameters:
    ///   - size: what each image is enlarged or shrunk to; nil sends it as it is.
    ///   - limit: bytes of PNG kept in memory; what does not fit is encoded again each time.
    init(dataset: any ImageDataset, size: (width: Int, height: Int)?, limit: Int = 32 << 20) {
        self.dataset = dataset
        self.size = size
        self.limit = limit
        cache = Array(repeating: nil, count: dataset.count)
    }

    /// How many different images there are.
    var count: Int { cache.count }

    /// The image number `index`, counted on through the dataset again and again.
    func item(at index: Int) throws -> Item {
        let index = index % cache.count
        if let item = cache[index] { return item }
        let source = try dataset.image(at: index)
        let png: [UInt8]
        if let size, size.width != source.image.width || size.height != source.image.height {
            png = try PNGCodec.encode(source.image.resized(width: size.width, height: size.height))
        } else {
            png = source.png
        }
        let item = Item(png: PinnedBytes(png), label: source.label)
        if cachedBytes + png.count <= limit {
            cache[index] = item
            cachedBytes += png.count
        }
        return item
    }
}
