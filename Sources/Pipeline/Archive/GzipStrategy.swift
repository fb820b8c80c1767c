import CZlib

/// How hard zlib looks for repetitions.
enum GzipStrategy: Sendable {
    /// Only runs of one byte, and Huffman codes. Hexadecimal digits of compressed pictures repeat nothing: looking for
    /// more takes ten times as long and makes the file larger.
    case pictures
    /// As usual.
    case text

    var level: Int32 { self == .pictures ? 1 : 4 }
    var zlibStrategy: Int32 { self == .pictures ? Z_RLE : Z_DEFAULT_STRATEGY }
}
