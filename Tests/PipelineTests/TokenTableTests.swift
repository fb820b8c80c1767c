import Images
import Testing

@testable import Pipeline

@Suite struct TokenTableTests {
    @Test(arguments: [1, 2, 3] as [UInt64]) func itIsADictionary(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = TokenTable<Int>()
        var expected: [UInt64: Int] = [:]
        var next: UInt64 = seed == 2 ? 5_000_000_000 : 0
        for step in 0..<30_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                // Mostly one after the other, at times with a gap, and some from another range.
                next += UInt64.random(in: 0..<100, using: &random) == 0 ? 3_000 : 1
                let token = Int.random(in: 0..<50, using: &random) == 0 ? next + 1 << 62 : next
                table.insert(token, step)
                expected[token] = step
            case 5..<9:
                // The old ones go first, but for some that stay.
                let back = UInt64.random(in: 0..<800, using: &random)
                let token = next > back ? next - back : next
                #expect(table.remove(token) == expected.removeValue(forKey: token))
            default:
                let token = next - min(next, UInt64.random(in: 0..<2_000, using: &random))
                #expect(table[token] == expected[token])
                #expect((table.update(token) { $0 += 1 } != nil) == (expected[token] != nil))
                if expected[token] != nil { expected[token]! += 1 }
            }
            #expect(table.count == expected.count && table.isEmpty == expected.isEmpty)
        }
        let sorted = expected.sorted { $0.key < $1.key }
        #expect(table.sorted.map(\.token) == sorted.map(\.key))
        #expect(table.sorted.map(\.value) == sorted.map(\.value))
    }

    @Test func oneThatStaysDoesNotMakeItLarge() {
        var table = TokenTable<Int>()
        table.insert(0, -1)
        for token in 1...1_000_000 as ClosedRange<UInt64> {
            table.insert(token, Int(token))
            if token > 10 { table.remove(token - 10) }
        }
        #expect(table.count == 11 && table[0] == -1 && table[1_000_000] == 1_000_000)
    }
}
