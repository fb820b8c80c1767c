/// A picture as it is sent, with what is known of it.
public struct LabelledImage: Sendable, Equatable {
    /// The pixels, 8-bit RGB.
    public let image: RGBImage

    /// The picture as a PNG: the file's own bytes where it came from one.
    public let png: [UInt8]

    /// The name of the class it is known to show, or nil.
    public let label: String?

    /// That class's index in `CIFAR100Labels.fine`, or nil where it is none of those.
    public let labelIndex: Int?

    /// Where it came from, for messages: a path, or the data set and the index in it.
    public let name: String

    /// A picture with what is known of it.
    public init(image: RGBImage, png: [UInt8], label: String?, labelIndex: Int?, name: String) {
        self.image = image
        self.png = png
        self.label = label
        self.labelIndex = labelIndex
        self.name = name
    }
}

/// A fixed number of pictures, each to be had by its index, on any thread, the same each time.
public protocol ImageDataset: Sendable {
    /// How many pictures, at least 1.
    var count: Int { get }

    /// The picture at an index in `0..<count`. It is read or made at each call: nothing is kept.
    func image(at index: Int) throws(ImageError) -> LabelledImage

    /// One line that says what and how many, for a person.
    var summary: String { get }
}

extension ImageDataset {
    /// So many of the indices, at most, evenly spread.
    public func spread(_ count: Int) -> [Int] {
        let chosen = min(count, self.count)
        return (0..<chosen).map { $0 * self.count / chosen }
    }
}
