import Events
import Foundation
import Latency
import Testing

@Suite struct ClockOffsetsTests {
    /// Adds an image that takes `out` to the other clock and `back` from it.
    private func add(
        to clocks: inout ClockOffsets, partition: Int32, ahead offset: Int64, out: Int64 = 40, back: Int64 = 20
    ) {
        clocks.add(
            partition: partition, sent: 10, received: 10 + out + offset, inferred: 60 + out + offset,
            result: 60 + out + back)
    }

    @Test func partitionsOfOneClockNarrowItTogether() throws {
        var clocks = ClockOffsets()
        #expect(clocks.common == nil && clocks.estimates == [] && clocks[0] == nil)
        add(to: &clocks, partition: 0, ahead: 1_000, out: 5, back: 70)
        add(to: &clocks, partition: 3, ahead: 1_000, out: 80, back: 7)
        add(to: &clocks, partition: 3, ahead: 1_000, out: 90, back: 7)
        let common = try #require(clocks.common)
        #expect(common.lower == 1_000 - 7 && common.upper == 1_000 + 5)
        #expect(common.offset == 999 && common.uncertainty == 6 && common.images == 3 && common.changes == 0)
        // The means are 175/3 and 28, and the middle is 1 from the truth.
        #expect(abs(common.outward - (175.0 / 3 + 1)) < 1e-9 && abs(common.homeward - 27) < 1e-9)
        #expect(common.hidesStages)
    }

    @Test func partitionsOfDifferentClocksAreToldApart() throws {
        var clocks = ClockOffsets()
        for (partition, offset) in [(0, 5_000), (1, -3_000), (2, 0)] as [(Int32, Int64)] {
            add(to: &clocks, partition: partition, ahead: offset)
        }
        #expect(clocks.common == nil)
        #expect(clocks.estimates.map(\.offset) == [-2_990, 10, 5_010])
        #expect(clocks[1]?.offset == -2_990)
    }

    @Test func clockThatMovedIsNotAgreedOn() {
        var clocks = ClockOffsets()
        add(to: &clocks, partition: 0, ahead: 0)
        add(to: &clocks, partition: 1, ahead: 0)
        #expect(clocks.common != nil)
        add(to: &clocks, partition: 1, ahead: 100)
        #expect(clocks.common == nil && clocks.estimates.map(\.changes).reduce(0, +) == 1)
    }

    @Test func onlyAnsweredImagesWithAllStampsCount() {
        let whole = LatencyRecord(
            run: "r", producers: 1, producer: "p", device: "p-0", imageID: UUID(), planned: Timestamp(nanoseconds: 5),
            sent: 10, acked: 20, received: 60, decoded: 70, inferred: 80, result: 100, partition: 2, offset: 0,
            outcome: .ok)
        let changes: [(inout LatencyRecord) -> Void] = [
            { $0.outcome = .deadLettered }, { $0.partition = nil }, { $0.sent = nil }, { $0.received = nil },
            { $0.inferred = nil }, { $0.result = nil },
        ]
        var clocks = ClockOffsets()
        for change in changes {
            var record = whole
            change(&record)
            clocks.add(record)
        }
        #expect(clocks.estimates == [])
        clocks.add(whole)
        #expect(clocks[2]?.offset == 15 && clocks.common?.uncertainty == 35)
    }
}
