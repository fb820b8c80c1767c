/// The first 29 bytes of a PNG: the signature and what its IHDR chunk says, read before any memory is taken.
struct PNGHeader: Equatable {
    let width: Int
    let height: Int
    /// Bits per pixel over all channels, 1 to 64.
    let bitsPerPixel: Int

    /// Where the fields of IHDR end (its CRC follows; libpng checks it).
    static let length = 29

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// - Throws: `.empty`, `.notPNG`, `.corrupt` or `.unsupported`.
    init(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
        guard !bytes.isEmpty else {
            throw ImageError(.empty, "there are no bytes where a PNG was expected; check what the sender put in")
        }
        guard bytes.starts(with: PNGHeader.signature.prefix(bytes.count)) else {
            throw ImageError(
                .notPNG,
                "not a PNG: the data starts with \(PNGHeader.hexadecimal(bytes.prefix(8)))"
                    + "\(PNGHeader.otherFormat(bytes).map { " (\($0))" } ?? ""), a PNG with 89 50 4E 47 0D 0A 1A 0A; "
                    + "convert the picture to PNG first")
        }
        guard bytes.count >= PNGHeader.length else {
            throw ImageError(
                .corrupt,
                "the PNG is cut off after \(bytes.count) bytes, within its header (\(PNGHeader.length) bytes); "
                    + "get the whole file again")
        }
        let chunk = Array(bytes[12..<16])
        guard chunk != Array("CgBI".utf8) else {
            throw ImageError(
                .unsupported,
                "this is Apple's CgBI variant, not a standard PNG; undo it with `pngcrush -revert-iphone-optimizations`"
            )
        }
        let size = PNGHeader.integer(bytes, at: 8)
        guard chunk == Array("IHDR".utf8), size == 13 else {
            throw ImageError(
                .corrupt, "the PNG does not begin with an IHDR chunk of 13 bytes (at byte 8); get the whole file again")
        }
        width = PNGHeader.integer(bytes, at: 16)
        height = PNGHeader.integer(bytes, at: 20)
        let (depth, color) = (Int(bytes[24]), Int(bytes[25]))
        guard width > 0, height > 0, width <= Int(Int32.max), height <= Int(Int32.max) else {
            throw ImageError(
                .corrupt, "the PNG's header claims \(width)×\(height) pixels, which no PNG can have; get the file again"
            )
        }
        guard let channels = PNGHeader.channels(depth: depth, color: color) else {
            throw ImageError(
                .corrupt,
                "the PNG's header claims colour type \(color) with \(depth) bits, which no PNG can have; "
                    + "get the file again")
        }
        guard bytes[26] == 0, bytes[27] == 0, bytes[28] <= 1 else {
            throw ImageError(
                .unsupported,
                "the PNG's header asks for compression \(bytes[26]), filter \(bytes[27]), interlacing \(bytes[28]); "
                    + "the standard knows 0, 0, and 0 or 1: save the picture anew as a standard PNG")
        }
        bitsPerPixel = depth * channels
    }

    /// How many bytes the rows take before compression, at least (filter bytes and row padding not counted). In
    /// floating point because the largest header that is legal overflows an Int.
    var rawBytes: Double { Double(width) * Double(height) * Double(bitsPerPixel) / 8 }

    // MARK: - Parts

    /// Channels of a colour type, or nil where the PNG standard does not allow it with this depth.
    private static func channels(depth: Int, color: Int) -> Int? {
        switch (color, depth) {
        case (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (3, 1), (3, 2), (3, 4), (3, 8): 1
        case (2, 8), (2, 16): 3
        case (4, 8), (4, 16): 2
        case (6, 8), (6, 16): 4
        default: nil
        }
    }

    /// A big-endian unsigned 32-bit number.
    private static func integer(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    private static func hexadecimal(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: " ")
    }

    /// The name of another format that is often sent by mistake.
    private static func otherFormat(_ bytes: UnsafeRawBufferPointer) -> String? {
        let known: [(name: String, offset: Int, magic: [UInt8])] = [
            ("a JPEG", 0, [0xFF, 0xD8, 0xFF]), ("a GIF", 0, Array("GIF8".utf8)), ("a WebP", 8, Array("WEBP".utf8)),
            ("a BMP", 0, Array("BM".utf8)), ("a TIFF", 0, [0x49, 0x49, 0x2A, 0]), ("a TIFF", 0, [0x4D, 0x4D, 0, 0x2A]),
            ("a HEIF or AVIF", 4, Array("ftyp".utf8)), ("gzip", 0, [0x1F, 0x8B]), ("JSON", 0, Array("{\"".utf8)),
            ("base64 text of a PNG", 0, Array("iVBORw0KGgo".utf8)),
        ]
        return known.first { bytes.dropFirst($0.offset).starts(with: $0.magic) }?.name
    }
}
