import Testing

@testable import Events

@Suite struct PackedHeadersTests {
    private let headers = [
        MessageHeader("ce_id", "é"), MessageHeader("", [0, 255, 0]), MessageHeader("empty", []),
        MessageHeader("ce_id", "again"), MessageHeader("long", Array(repeating: 7, count: 100_000)),
    ]

    @Test func whatWasPackedComesOutInOrder() {
        #expect(PackedHeaders(headers).list == headers)
        #expect(PackedHeaders(headers).count == 5)
        #expect(PackedHeaders([]).list.isEmpty && PackedHeaders([]).count == 0)
    }

    @Test func nothingLentIsNull() {
        PackedHeaders([MessageHeader("", [])]).forEach { name, value in
            #expect(name.baseAddress != nil && name.isEmpty)
            #expect(value.baseAddress != nil && value.isEmpty)
        }
    }

    @Test func equalHeadersAreEqualHoweverTheyWereMade() {
        let written = PackedHeaders(capacity: 1_000) { writer in
            writer.put("a", "1")
            writer.put("b", String(repeating: "x", count: 40))
            writer.put("c", upTo: 100) { place in
                place[0] = 9
                return 1
            }
            writer.putAgain("d")
        }
        let list = [
            MessageHeader("a", "1"), MessageHeader("b", String(repeating: "x", count: 40)), MessageHeader("c", [9]),
            MessageHeader("d", [9]),
        ]
        #expect(written == PackedHeaders(list))
        #expect(written != PackedHeaders(Array(list.dropLast())))
        #expect(written != PackedHeaders(Array(list.reversed())))
    }

    @Test func pinnedBytesAreThoseThatWereGiven() {
        for bytes in [[], [0], Array(0...255)] as [[UInt8]] {
            let pinned = PinnedBytes(bytes)
            #expect(pinned.array == bytes && pinned.count == bytes.count)
            #expect(pinned.withUnsafeBytes { $0.baseAddress } != nil)
            #expect(pinned == PinnedBytes(bytes) && pinned != PinnedBytes(bytes + [1]))
        }
    }
}
