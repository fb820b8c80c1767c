import Events
import Foundation
import Testing

@Suite struct NumberedIdentifiersTests {
    private static let numbers: [UInt64] = [
        0, 1, 2, 255, 65_536, 4_294_967_294, 4_294_967_295, 4_294_967_296, 4_294_967_297, 1 << 40,
    ]

    @Test(arguments: numbers)
    func numberIsReadAgain(number: UInt64) {
        for _ in 0..<20 {
            let series = NumberedIdentifiers()
            let id = series.make(number)
            for later in [0, 1, 1_000, 4_294_967_295] as [UInt64] {
                #expect(series.number(of: id, upTo: number + later) == number)
            }
        }
    }

    @Test func numberTooFarBackIsAnotherOne() {
        let series = NumberedIdentifiers()
        let id = series.make(7)
        #expect(series.number(of: id, upTo: 7 + 4_294_967_296) == 7 + 4_294_967_296)
    }

    @Test func numberBeyondTheLatestIsNone() {
        let series = NumberedIdentifiers()
        #expect(series.number(of: series.make(8), upTo: 7) == nil)
        #expect(series.number(of: series.make(5_000_000), upTo: 0) == nil)
    }

    @Test func identifiersAreOfVersion7AndGrow() {
        let series = NumberedIdentifiers()
        let made = (0..<1_000).map { series.make($0) }
        #expect(made.allSatisfy { $0.uuid.6 >> 4 == 7 && $0.uuid.8 >> 6 == 2 })
        let texts = made.map(\.lowercased)
        #expect(zip(texts, texts.dropFirst()).allSatisfy { $0 < $1 })
    }

    /// Two processes that count alike: neither the numbers' bits nor the others are the same.
    @Test func seriesDiffer() {
        func ends(_ series: NumberedIdentifiers) -> [ArraySlice<UInt8>] {
            (0..<100).map { number in withUnsafeBytes(of: series.make(number).uuid) { Array($0)[8...] } }
        }
        let many = (0..<50).flatMap { _ in ends(NumberedIdentifiers()) }
        #expect(Set(many).count == many.count)
        // The same number twice, too: 30 bits of chance are left.
        let series = NumberedIdentifiers()
        #expect(series.make(3) != series.make(3))
    }
}
