/// A split of CIFAR-100 in its official binary form: `test.bin` or `train.bin`.
///
/// A record has 3,074 bytes: the superclass (0 to 19), the class (0 to 99), then 1,024 red, 1,024 green and 1,024 blue
/// values of a 32×32 picture, row by row (https://www.cs.toronto.edu/~kriz/cifar.html). The file stays on disk, mapped.
public struct CIFAR100Dataset: ImageDataset {
    /// Bytes per record.
    public static let recordSize = 2 + 3 * planeSize

    /// Columns and rows of a picture.
    public static let side = 32

    private static let planeSize = side * side

    private let file: MappedFile
    private let path: String

    /// How many pictures the file holds.
    public let count: Int

    /// Opens a file and checks its size and the labels of all its records (some 10 ms for the test split).
    ///
    /// - Throws: `.unreadable`, `.empty`, `.datasetSize` (saying at which byte the last record is cut off) or
    ///   `.datasetLabel` (saying which record).
    public init(path: String) throws(ImageError) {
        let file = try MappedFile(path: path)
        let size = CIFAR100Dataset.recordSize
        guard file.count > 0 else {
            throw ImageError(.empty, "\(path) is empty; a CIFAR-100 file has records of \(size) bytes: get it again")
        }
        count = file.count / size
        guard file.count % size == 0 else {
            throw ImageError(
                .datasetSize,
                "\(path) is no whole CIFAR-100 file: its \(file.count) bytes are \(count) records of \(size) bytes and "
                    + "\(file.count % size) bytes of one cut off, from byte \(count * size) on; "
                    + "\(file.withBytes { CIFAR100Dataset.likelyCause($0) } ?? "get the file again")")
        }
        for record in 0..<count {
            let (coarse, fine) = file.withBytes { ($0[record * size], $0[record * size + 1]) }
            guard coarse < CIFAR100Labels.coarse.count, fine < CIFAR100Labels.fine.count else {
                throw ImageError(
                    .datasetLabel,
                    "\(path): record \(record) (at byte \(record * size)) has superclass \(coarse) and class \(fine), "
                        + "where CIFAR-100 has 0 to 19 and 0 to 99; get the file again, the one named test.bin or "
                        + "train.bin of the binary version")
            }
        }
        self.file = file
        self.path = path
    }

    /// One line that says what and how many.
    public var summary: String { "CIFAR-100, \(count) pictures of 32×32 from \(path)" }

    /// The record at an index, its planes interleaved to RGB, and encoded as a PNG.
    public func image(at index: Int) throws(ImageError) -> LabelledImage {
        precondition((0..<count).contains(index), "no picture at index \(index) of \(count)")
        let plane = CIFAR100Dataset.planeSize
        let (label, pixels) = file.withBytes { bytes in
            let record = UnsafeRawBufferPointer(
                rebasing: bytes[(index * CIFAR100Dataset.recordSize)...].prefix(CIFAR100Dataset.recordSize))
            let pixels = [UInt8](unsafeUninitializedCapacity: 3 * plane) { pixels, initialized in
                for position in 0..<plane {
                    pixels[3 * position] = record[2 + position]
                    pixels[3 * position + 1] = record[2 + plane + position]
                    pixels[3 * position + 2] = record[2 + 2 * plane + position]
                }
                initialized = 3 * plane
            }
            return (Int(record[1]), pixels)
        }
        let image = RGBImage(width: CIFAR100Dataset.side, height: CIFAR100Dataset.side, pixels: pixels)
        return LabelledImage(
            image: image, png: try PNGCodec.encode(image), label: CIFAR100Labels.fine[label], labelIndex: label,
            name: "\(path)[\(index)]")
    }

    /// What a file of the wrong size probably is, and what to do then.
    private static func likelyCause(_ bytes: UnsafeRawBufferPointer) -> String? {
        if bytes.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A]) { return "it is compressed: run `xz -d` on it first" }
        if bytes.starts(with: [0x1F, 0x8B]) { return "it is compressed: unpack it with `tar xzf` or `gunzip` first" }
        if bytes.starts(with: [0x80, 0x02]) || bytes.starts(with: [0x80, 0x03]) {
            return "it looks like the Python version: get the binary version (cifar-100-binary.tar.gz)"
        }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "it is a JPEG picture: convert it to PNG first" }
        if bytes.count % 3073 == 0 { return "it looks like CIFAR-10 (records of 3073 bytes), which is not read" }
        return nil
    }
}
