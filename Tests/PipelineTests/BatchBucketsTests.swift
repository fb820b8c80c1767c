import Testing

@testable import Pipeline

@Suite struct BatchBucketsTests {
    @Test(arguments: [
        (1, [1]), (2, [1, 2]), (8, [1, 2, 4, 8]), (13, [1, 2, 4, 8]), (256, [1, 2, 4, 8, 16, 32, 64, 128, 256]),
    ])
    func sizesArePowersOfTwo(maximum: Int, expected: [Int]) {
        #expect(BatchBuckets.sizes(upTo: maximum) == expected)
    }

    @Test func thirteenAreEightFourAndOne() {
        #expect(BatchBuckets.pieces(of: Array(0..<13)).map(\.count) == [8, 4, 1])
        #expect(BatchBuckets.pieces(of: [Int]()).isEmpty)
    }

    /// No size occurs that was not warmed up, and nothing is lost or put in another order.
    @Test func everyBatchIsCutIntoWarmSizesInOrder() {
        for count in 1...256 {
            let items = Array(0..<count)
            let pieces = BatchBuckets.pieces(of: items)
            #expect(pieces.flatMap { $0 } == items)
            let sizes = BatchBuckets.sizes(upTo: count)
            #expect(pieces.allSatisfy { sizes.contains($0.count) })
        }
    }
}
