import CZlib

/// HdrHistogram's V2 compressed encoding, which its tools in all languages exchange. Ours is the histogram with the
/// lowest discernible value 1, the highest that Int64 has, and 3 significant digits: its counts are in the same order.
///
/// All big-endian: the compressed cookie and the length of a zlib stream, which holds 40 bytes of header (cookie, length
/// of the counts in bytes, normalizing offset, significant digits, lowest and highest value, ratio to doubles), then the
/// counts up to the highest value; a run of zeros is its negative length. Numbers of counts are `ZigZagLEB128`.
extension Histogram {
    private enum Encoding {
        static let cookie: UInt32 = 0x1C84_9313
        static let compressedCookie: UInt32 = 0x1C84_9314
        static let headerSize = 40
        static let digits: UInt32 = 3
        /// The most that a histogram of these buckets can need.
        static let largest = headerSize + 9 * Histogram.bucketCount
    }

    // MARK: - Writing

    /// The histogram in the V2 compressed encoding. The least, the greatest and the sum are those of the buckets there.
    ///
    /// - Throws: `writeFailed` where zlib has no memory.
    func encoded() throws(LatencyError) -> [UInt8] {
        var payload: [UInt8] = []
        let used = (counts.lastIndex { $0 > 0 } ?? -1) + 1
        var index = 0
        while index < used {
            let start = index
            while counts[index] == 0 { index += 1 }
            if index > start { ZigZagLEB128.append(-Int64(index - start), to: &payload) }
            ZigZagLEB128.append(Int64(clamping: counts[index]), to: &payload)
            index += 1
        }
        var plain: [UInt8] = []
        append(Encoding.cookie, to: &plain)
        append(UInt32(payload.count), to: &plain)
        append(UInt32(0), to: &plain)
        append(Encoding.digits, to: &plain)
        append(UInt64(1), to: &plain)
        append(UInt64(Int64.max), to: &plain)
        append((1.0).bitPattern, to: &plain)
        plain += payload

        var size = compressBound(uLong(plain.count))
        var compressed = [UInt8](repeating: 0, count: Int(size))
        guard compress2(&compressed, &size, plain, uLong(plain.count), Z_DEFAULT_COMPRESSION) == Z_OK else {
            throw LatencyError(.writeFailed, "cannot compress a histogram: out of memory?")
        }
        var bytes: [UInt8] = []
        append(Encoding.compressedCookie, to: &bytes)
        append(UInt32(size), to: &bytes)
        return bytes + compressed.prefix(Int(size))
    }

    private func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    // MARK: - Reading

    /// Reads a histogram in the V2 compressed encoding. Each bucket's middle stands for its values, also for the least
    /// and the greatest.
    ///
    /// - Throws: `malformed`, with a message that names no place.
    init(encoded bytes: [UInt8]) throws(LatencyError) {
        let plain = try Histogram.decompress(bytes)
        guard plain.count >= Encoding.headerSize else {
            throw LatencyError(.malformed, "the histogram has \(plain.count) bytes, its header alone 40")
        }
        func number(at offset: Int, size: Int) -> UInt64 {
            plain[offset..<(offset + size)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        let cookie = UInt32(number(at: 0, size: 4))
        guard cookie == Encoding.cookie else {
            throw LatencyError(.malformed, "the histogram inside has the cookie \(Histogram.hex(cookie)), not V2's")
        }
        let length = number(at: 4, size: 4)
        guard length == UInt64(plain.count - Encoding.headerSize) else {
            throw LatencyError(
                .malformed, "its header says \(length) bytes of counts, there are \(plain.count - Encoding.headerSize)")
        }
        let (digits, lowest) = (number(at: 12, size: 4), number(at: 16, size: 8))
        guard digits == Encoding.digits, lowest == 1 else {
            throw LatencyError(
                .malformed,
                "the histogram has \(digits) significant digits from \(lowest) on: only 3 from 1 on can be read")
        }
        guard number(at: 8, size: 4) == 0, Double(bitPattern: number(at: 32, size: 8)) == 1 else {
            throw LatencyError(.malformed, "the histogram's values are shifted or scaled: only plain ones can be read")
        }
        try self.init(zigZag: plain[Encoding.headerSize...])
    }

    private init(zigZag bytes: ArraySlice<UInt8>) throws(LatencyError) {
        self.init()
        var position = bytes.startIndex
        var index = 0
        var total: Int64 = 0
        while position < bytes.endIndex {
            guard let value = ZigZagLEB128.next(in: bytes, at: &position) else {
                throw LatencyError(.malformed, "the histogram ends in the middle of a count")
            }
            let step = value < 0 ? value.magnitude : 1
            guard step <= UInt64(Histogram.bucketCount - index) else {
                throw LatencyError(.malformed, "the histogram has more than \(Histogram.bucketCount) counts")
            }
            if value > 0 {
                let (sum, overflow) = total.addingReportingOverflow(value)
                guard !overflow else {
                    throw LatencyError(.malformed, "the histogram's counts add up to more than 64 bits hold")
                }
                total = sum
                record(Histogram.middle(of: index), count: UInt64(value))
            }
            index += Int(step)
        }
    }

    private static func decompress(_ bytes: [UInt8]) throws(LatencyError) -> [UInt8] {
        guard bytes.count > 8 else {
            throw LatencyError(.malformed, "the encoded histogram has \(bytes.count) bytes: it is cut off")
        }
        func number(at offset: Int) -> UInt32 { bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) } }
        guard number(at: 0) == Encoding.compressedCookie else {
            throw LatencyError(
                .malformed, "the histogram has the cookie \(hex(number(at: 0))), not that of the V2 compressed encoding"
            )
        }
        guard number(at: 4) == UInt32(bytes.count - 8) else {
            throw LatencyError(
                .malformed, "the histogram says that it has \(number(at: 4)) bytes, there are \(bytes.count - 8)")
        }
        var plain = [UInt8](repeating: 0, count: Encoding.largest)
        var size = uLong(plain.count)
        var read = uLong(bytes.count - 8)
        let status = bytes.withUnsafeBufferPointer { uncompress2(&plain, &size, $0.baseAddress! + 8, &read) }
        guard status == Z_OK, read == uLong(bytes.count - 8) else {
            let reason =
                switch status {
                case Z_OK: "more follows behind its end"
                case Z_BUF_ERROR: "it ends early, or holds more than \(Histogram.bucketCount) counts"
                case Z_MEM_ERROR: "out of memory"
                default: "it is damaged"
                }
            throw LatencyError(.malformed, "the histogram cannot be decompressed: \(reason)")
        }
        plain.removeLast(plain.count - Int(size))
        return plain
    }

    private static func hex(_ number: UInt32) -> String { "0x" + String(number, radix: 16) }
}
