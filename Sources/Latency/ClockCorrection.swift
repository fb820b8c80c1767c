/// What is to be subtracted from infer's stamps in the rows of one run in one file, and why.
struct ClockCorrection: Sendable {
    /// Rows that were stamped by one producer's clock: producers on several hosts write a file each.
    struct Source: Hashable {
        let file: String
        let run: String
        let producers: Int
    }

    /// What is said of the curve that the rows belong to.
    let clock: StageClock
    private let offsets: [Int32: Int64]
    private let common: Int64?

    init(_ clock: StageClock, _ clocks: ClockOffsets) {
        self.clock = clock
        offsets = clocks.byPartition.mapValues(\.offset)
        common = clocks.common?.offset
    }

    /// Nanoseconds by which the clock that stamped a partition was ahead; 0 where nothing is to be taken off.
    ///
    /// - Parameter partition: nil where the row has none.
    /// - Returns: nil where it is unknown: the row cannot be corrected as the others are.
    func ahead(_ partition: Int32?) -> Int64? {
        guard clock.treatment == .takenOff else { return 0 }
        return partition.flatMap { offsets[$0] } ?? common
    }
}
