import CPNG

/// PNG to pixels and back, by libpng.
public enum PNGCodec {
    /// libpng's version, such as `1.6.39`.
    public static var version: String { String(cString: iotpipe_png_version()) }

    // MARK: - Limits

    /// What a PNG may be at most; checked on its header, before memory is taken.
    public struct Limits: Sendable, Equatable {
        /// Columns.
        public var maxWidth: Int
        /// Rows.
        public var maxHeight: Int
        /// Columns times rows; the decoded picture takes three times as many bytes.
        public var maxPixels: Int
        /// Bytes of the PNG itself.
        public var maxBytes: Int

        /// Limits of the given values.
        public init(maxWidth: Int, maxHeight: Int, maxPixels: Int, maxBytes: Int) {
            self.maxWidth = maxWidth
            self.maxHeight = maxHeight
            self.maxPixels = maxPixels
            self.maxBytes = maxBytes
        }

        /// Room for a camera's photograph: sides up to 16,384, 2²⁴ pixels (48 MiB decoded), and a PNG of 32 MiB.
        public static let standard = Limits(
            maxWidth: 16_384, maxHeight: 16_384, maxPixels: 1 << 24, maxBytes: 32 << 20)
    }

    /// Deflate never shrinks anything more than this many times (258 bytes in 2 bits).
    private static let largestRatio = 1032.0

    // MARK: - Decoding

    /// Decodes a PNG of any colour type, bit depth and interlacing to RGB.
    ///
    /// As Pillow's `convert("RGB")`: transparency (alpha channel or tRNS) is dropped, not blended; gray is repeated in
    /// all three channels; palettes are looked up (an index beyond them is black); 16-bit samples keep their upper
    /// byte; gamma and colour profiles are ignored. Of an APNG the still picture is taken. Bytes after the IEND chunk
    /// are ignored, as every common reader does; anything wrong before it (a CRC, an Adler-32, missing or extra rows)
    /// is an error.
    ///
    /// - Throws: `.empty`, `.notPNG`, `.corrupt`, `.unsupported` or `.tooLarge`.
    public static func decode(_ bytes: UnsafeRawBufferPointer, limits: Limits = .standard) throws(ImageError)
        -> RGBImage
    {
        let header = try checkedHeader(bytes, limits)
        var status: Int32 = 0
        var position = 0
        var message = ""
        let count = 3 * header.width * header.height
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { pixels, initialized in
            message = withErrorText { text, size in
                status = iotpipe_png_decode(
                    bytes.baseAddress, bytes.count, UInt32(header.width), UInt32(header.height), pixels.baseAddress,
                    &position, text, size)
                return status == 0
            }
            initialized = status == 0 ? count : 0
        }
        guard status == 0 else {
            throw ImageError(
                .corrupt,
                "the PNG (\(header.width)×\(header.height), \(bytes.count) bytes) is damaged at or before byte \(position): "
                    + "\(message); get the file again or save it anew")
        }
        return RGBImage(width: header.width, height: header.height, pixels: pixels)
    }

    /// Decodes a PNG held in an array; see the other `decode`.
    public static func decode(_ bytes: [UInt8], limits: Limits = .standard) throws(ImageError) -> RGBImage {
        // By way of Result: in Swift 6.0 the array's method loses the error's type.
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(ImageError) in try decode(buffer, limits: limits) }
        }.get()
    }

    /// How large the picture is that a PNG claims to hold, within the limits: `decode` takes three times as many bytes.
    ///
    /// - Throws: `.empty`, `.notPNG`, `.corrupt`, `.unsupported` or `.tooLarge`.
    public static func pixelCount(of bytes: [UInt8], limits: Limits = .standard) throws(ImageError) -> Int {
        let header = try bytes.withUnsafeBytes { buffer in
            Result { () throws(ImageError) in try checkedHeader(buffer, limits) }
        }.get()
        return header.width * header.height
    }

    /// The header, once it is within the limits and the bytes could hold the picture it claims.
    private static func checkedHeader(_ bytes: UnsafeRawBufferPointer, _ limits: Limits) throws(ImageError)
        -> PNGHeader
    {
        guard bytes.count <= limits.maxBytes else {
            throw ImageError(
                .tooLarge,
                "the picture has \(bytes.count) bytes, more than the \(limits.maxBytes) allowed; send a smaller one")
        }
        let header = try PNGHeader(bytes)
        guard header.width <= limits.maxWidth, header.height <= limits.maxHeight,
            header.width * header.height <= limits.maxPixels
        else {
            throw ImageError(
                .tooLarge,
                "the PNG claims \(header.width)×\(header.height) pixels, more than the \(limits.maxWidth)×"
                    + "\(limits.maxHeight) and \(limits.maxPixels) in all that are allowed; send a smaller one")
        }
        // So a few bytes cannot make us take megabytes: what is that short can only be cut off, or a lie.
        guard header.rawBytes <= largestRatio * Double(bytes.count) else {
            throw ImageError(
                .corrupt,
                "the PNG claims \(header.width)×\(header.height) pixels, but its \(bytes.count) bytes are too few "
                    + "for that; get the whole file again")
        }
        return header
    }

    // MARK: - Encoding

    /// Encodes a picture as an 8-bit RGB PNG. The bytes are the same for the same picture and the same zlib.
    ///
    /// - Parameter compressionLevel: 0 stores; 1 to 3 code runs and frequencies alone, which for photographs of 32×32
    ///   pixels is a third faster than zlib's search for repetitions and as small; 4 to 9 are zlib's levels with
    ///   filters chosen per row, for pictures that are kept.
    /// - Throws: `.tooLarge` where a side is beyond PNG's 2³¹ - 1 (or libpng's own limit, a million).
    public static func encode(_ image: RGBImage, compressionLevel: Int = 1) throws(ImageError) -> [UInt8] {
        precondition((0...9).contains(compressionLevel), "zlib's levels are 0 to 9")
        guard let width = UInt32(exactly: image.width), let height = UInt32(exactly: image.height) else {
            throw ImageError(
                .tooLarge, "\(image.width)×\(image.height) pixels are too many for a PNG; use a smaller size")
        }
        let raw = image.height * (1 + 3 * image.width)
        let settings = iotpipe_png_settings(
            level: Int32(compressionLevel), memory_level: memoryLevel(for: raw), fast: compressionLevel <= 3 ? 1 : 0)
        // zlib's own bound for data that does not shrink, and 12 bytes of chunk around every 8 KiB.
        let capacity = raw + raw / 8 + raw / 256 + raw / 512 + 12 * (raw / 8192 + 2) + 1024
        var status: Int32 = 0
        var message = ""
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { bytes, written in
            message = withErrorText { text, size in
                status = image.pixels.withUnsafeBufferPointer { pixels in
                    iotpipe_png_encode(
                        pixels.baseAddress, width, height, settings, bytes.baseAddress, capacity, &written, text, size)
                }
                return status == 0
            }
        }
        guard status == 0 else {
            throw ImageError(
                .tooLarge,
                "\(image.width)×\(image.height) pixels cannot be written as a PNG: \(message); use a smaller size")
        }
        // Pictures are kept by the ten thousand: not with the room that one which does not shrink would need.
        return bytes.withUnsafeBufferPointer { [UInt8]($0) }
    }

    /// The smallest of zlib's memory levels whose buffer holds all symbols of so much data in one block, because zlib
    /// clears its tables for each picture: at most its default, 8.
    private static func memoryLevel(for raw: Int) -> Int32 {
        (1...8).first { 1 << ($0 + 6) > raw } ?? 8
    }

    /// Calls `body` with room for a text of libpng's; returns that text where it says false.
    private static func withErrorText(_ body: (UnsafeMutablePointer<CChar>?, Int) -> Bool) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            text[0] = 0
            return body(text.baseAddress, text.count) ? "" : String(cString: text.baseAddress!)
        }
    }
}
