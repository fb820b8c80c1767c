import Foundation
import Testing

@testable import Latency

@Suite struct HistogramEncodingTests {
    private func histogram(_ values: [Int64]) -> Histogram {
        var histogram = Histogram()
        for value in values { histogram.record(value) }
        return histogram
    }

    private func failure(_ bytes: [UInt8]) -> String {
        caught { try Histogram(encoded: bytes) }?.message ?? "none"
    }

    @Test(arguments: HistogramTests.distributions)
    func roundTrip(_ name: String) throws {
        let whole = histogram(HistogramTests.distribution(name))
        let read = try Histogram(encoded: try whole.encoded())
        #expect(read.count == whole.count)
        #expect(read.buckets.map(\.count) == whole.buckets.map(\.count))
        for (found, value) in zip(read.buckets.map(\.value), whole.buckets.map(\.value)) {
            #expect(abs(Double(found) - Double(value)) <= Double(value) / 1024)
        }
        // Once through, nothing changes any more.
        #expect(try Histogram(encoded: try read.encoded()) == read)
    }

    @Test func empty() throws {
        #expect(try Histogram(encoded: try Histogram().encoded()) == Histogram())
    }

    @Test func countsOfAllSizes() throws {
        var whole = Histogram()
        for shift in 0..<62 { whole.record(Int64(shift) * 7, count: 1 << UInt64(shift)) }
        let read = try Histogram(encoded: try whole.encoded())
        #expect(read.counts == whole.counts)
    }

    @Test(arguments: [0, 1, -1, 63, 64, -64, -65, 1 << 20, Int64.max, .min, .max - 1, .min + 1])
    func zigZag(_ value: Int64) {
        var bytes: [UInt8] = []
        ZigZagLEB128.append(value, to: &bytes)
        #expect((1...9).contains(bytes.count))
        for length in 0..<bytes.count {
            var position = 0
            #expect(ZigZagLEB128.next(in: bytes[..<length], at: &position) == nil)
        }
        var position = 0
        #expect(ZigZagLEB128.next(in: bytes[...], at: &position) == value)
        #expect(position == bytes.count)
    }

    // MARK: - What is refused

    @Test func cutAnywhere() throws {
        let whole = try histogram(HistogramTests.distribution("lognormal")).encoded()
        for length in 0..<whole.count {
            var bytes = Array(whole[..<length])
            #expect(throws: LatencyError.self) { try Histogram(encoded: bytes) }
            guard length >= 8 else { continue }
            // The same with a length that agrees.
            withUnsafeBytes(of: UInt32(length - 8).bigEndian) { bytes.replaceSubrange(4..<8, with: $0) }
            #expect(throws: LatencyError.self) { try Histogram(encoded: bytes) }
        }
        #expect(failure(whole + [0]).contains("says that it has"))
    }

    @Test(arguments: 1...20)
    func damage(_ seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let whole = try histogram(HistogramTests.distribution("every octave")).encoded()
        for _ in 0..<200 {
            var bytes = whole
            for _ in 0...Int(random.next() % 3) {
                bytes[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 << (random.next() % 8))
            }
            // It may be read, as zlib's checksum has 32 bits alone; it must not crash.
            _ = try? Histogram(encoded: bytes)
        }
    }

    @Test func payloads() throws {
        /// A whole encoding of counts, with a header that can be wrong.
        func encoding(_ counts: [Int64], header: (inout [UInt8]) -> Void = { _ in }, more: Int = 0) throws -> [UInt8] {
            var payload: [UInt8] = []
            for count in counts { ZigZagLEB128.append(count, to: &payload) }
            var plain = try Histogram.inside(try Histogram().encoded())
            withUnsafeBytes(of: UInt32(payload.count + more).bigEndian) { plain.replaceSubrange(4..<8, with: $0) }
            header(&plain)
            return try Histogram.outside(plain + payload)
        }
        #expect(try Histogram(encoded: try encoding([-5, 3, -2])).buckets.map(\.value) == [5])
        #expect(failure(try encoding([.max, .max])).contains("more than 64 bits"))
        #expect(failure(try encoding([-55_296, 1])).contains("more than 55296 counts"))
        #expect(failure(try encoding([.min])).contains("more than 55296 counts"))
        #expect(failure(try encoding([1], more: 1)).contains("2 bytes of counts"))
        #expect(failure(try encoding([1]) { $0[3] = 0x01 }).contains("cookie 0x1c849301"))
        #expect(failure(try encoding([1]) { $0[15] = 2 }).contains("2 significant digits"))
        #expect(failure(try encoding([1]) { $0[23] = 100 }).contains("from 100 on"))
        #expect(failure(try encoding([1]) { $0[11] = 1 }).contains("shifted or scaled"))
        #expect(failure(try encoding(Array(repeating: 0, count: 60_000))).contains("more than 55296 counts"))
        // A bomb: a few bytes that grow beyond any histogram.
        #expect(
            failure(try Histogram.outside([UInt8](repeating: 0, count: 20 << 20))).contains("more than 55296 counts"))
        #expect(failure([0x1c, 0x84, 0x93, 0x02, 0, 0, 0, 1, 0]).contains("0x1c849302"))
    }
}
