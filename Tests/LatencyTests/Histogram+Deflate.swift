import CZlib

@testable import Latency

extension Histogram {
    /// What is inside of an encoding: header and counts.
    static func inside(_ encoded: [UInt8]) throws -> [UInt8] {
        var plain = [UInt8](repeating: 0, count: 1 << 20)
        var size = uLong(plain.count)
        let body = Array(encoded[8...])
        guard uncompress(&plain, &size, body, uLong(body.count)) == Z_OK else { throw LatencyError(.malformed, "zlib") }
        return Array(plain.prefix(Int(size)))
    }

    /// An encoding with that inside.
    static func outside(_ plain: [UInt8]) throws -> [UInt8] {
        var size = compressBound(uLong(plain.count))
        var body = [UInt8](repeating: 0, count: Int(size))
        guard compress(&body, &size, plain, uLong(plain.count)) == Z_OK else { throw LatencyError(.malformed, "zlib") }
        let length = withUnsafeBytes(of: UInt32(size).bigEndian) { Array($0) }
        return [0x1c, 0x84, 0x93, 0x14] + length + body.prefix(Int(size))
    }
}
