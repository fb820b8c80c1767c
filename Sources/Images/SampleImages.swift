import FoundationEssentials

/// Twenty real pictures of CIFAR-100 with their labels, in the executable itself: what is sent where no data set is
/// named. They are the first twenty of the test split, as the Python package foolbox carries them; `data/sample` has
/// the files, and their provenance and licence.
public struct SampleImages: ImageDataset {
    private let images: [LabelledImage]

    /// Unpacks the pictures (within a millisecond or two).
    public init() {
        images = SampleData.files.map { name, base64 in
            // The generated file is checked against data/sample by a test: what fails here was never shipped.
            guard let data = Data(base64Encoded: base64), let image = try? PNGCodec.decode([UInt8](data)) else {
                preconditionFailure("the embedded sample \(name) is damaged: run scripts/embed-sample and build again")
            }
            let label = PNGFolder.label(ofFile: name)
            return LabelledImage(
                image: image, png: [UInt8](data), label: label, labelIndex: label.flatMap(CIFAR100Labels.index(of:)),
                name: "sample/\(name)")
        }
    }

    /// Twenty.
    public var count: Int { images.count }

    /// One line that says what and how many.
    public var summary: String { "the \(count) sample pictures of CIFAR-100 that come with iotpipe" }

    /// The picture at an index.
    public func image(at index: Int) throws(ImageError) -> LabelledImage { images[index] }
}
