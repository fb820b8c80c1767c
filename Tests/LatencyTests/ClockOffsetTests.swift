import Events
import Foundation
import Latency
import Testing

@Suite struct ClockOffsetTests {
    fileprivate static let millisecond = 1e6

    /// Round trips of images: quickest ways and mean waits in milliseconds, unlike in the two directions.
    private struct Network {
        var random: SplitMix64
        var out = (least: 5.0, wait: 20.0)
        var back = (least: 1.0, wait: 2.0)

        init(seed: UInt64) { random = SplitMix64(state: seed) }

        /// Adds an image to an estimate, seen by a clock that is so many nanoseconds ahead.
        mutating func send(to clock: inout ClockOffset, ahead offset: Int64) {
            let sent = random.exponential() * ClockOffsetTests.millisecond / 10
            let received = sent + (out.least + out.wait * random.exponential()) * ClockOffsetTests.millisecond
            let inferred = received + (3 + random.exponential()) * ClockOffsetTests.millisecond
            let result = inferred + (back.least + back.wait * random.exponential()) * ClockOffsetTests.millisecond
            clock.add(
                sent: Int64(sent), received: Int64(received) + offset, inferred: Int64(inferred) + offset,
                result: Int64(result))
        }
    }

    @Test func oneImageBoundsTheOffset() throws {
        var clock = ClockOffset()
        #expect(clock.estimate == nil)
        clock.add(sent: 10, received: 60, inferred: 80, result: 100)
        let estimate = try #require(clock.estimate)
        #expect(estimate.lower == -20 && estimate.upper == 50)
        #expect(estimate.offset == 15 && estimate.uncertainty == 35)
        #expect(estimate.images == 1 && estimate.changes == 0)
        #expect(estimate.outward == 35 && estimate.homeward == 35, "half the round trip each")
        #expect(!estimate.hidesStages && !estimate.isTooUncertain)
    }

    @Test(arguments: [0, 3_700_000_000, -250_000_000, 86_400_000_000_000, 1] as [Int64])
    func offsetIsWithinTheUncertaintyHoweverUnlikeTheWays(offset: Int64) throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            var network = Network(seed: seed)
            var clock = ClockOffset()
            var width = UInt64.max
            for _ in 0..<300 {
                network.send(to: &clock, ahead: offset)
                let estimate = try #require(clock.estimate)
                #expect(abs(estimate.offset - offset) <= estimate.uncertainty)
                #expect((estimate.upper - estimate.lower).magnitude <= width, "more images say more")
                width = (estimate.upper - estimate.lower).magnitude
            }
            let estimate = try #require(clock.estimate)
            // The quickest ways are 5 ms and 1 ms.
            #expect(estimate.uncertainty < 3_500_000 && estimate.changes == 0)
            #expect(!estimate.isTooUncertain && estimate.hidesStages == (offset.magnitude > 10_000_000))
            // By the true offset the ways take 25 ms and 3 ms on average.
            let error = Double(estimate.offset - offset)
            #expect(abs(estimate.outward + error - 25e6) < 5e6 && abs(estimate.homeward - error - 3e6) < 1e6)
        }
    }

    @Test func clockThatWasSetShows() throws {
        var network = Network(seed: 7)
        var clock = ClockOffset()
        for number in 0..<1_000 { network.send(to: &clock, ahead: number < 400 ? 0 : 2_000_000_000) }
        let estimate = try #require(clock.estimate)
        #expect(estimate.changes == 1)
        #expect(estimate.lower <= 0 && estimate.upper >= 2_000_000_000, "right for all images")
        #expect(estimate.lower > -20_000_000 && estimate.upper < 2_020_000_000)
        #expect(estimate.isTooUncertain)
    }

    /// A tenth of a second in all, such as 100 parts in a million make in a quarter of an hour.
    @Test func clockThatDriftsShows() throws {
        for (seed, direction) in [(1, 1), (2, -1), (3, 1), (4, -1)] as [(UInt64, Int64)] {
            var network = Network(seed: seed)
            network.out = (1, 5)
            var clock = ClockOffset()
            for number in 0..<4_000 { network.send(to: &clock, ahead: direction * Int64(number) * 25_000) }
            let estimate = try #require(clock.estimate)
            let (least, most) = direction > 0 ? (Int64(0), Int64(100_000_000)) : (-100_000_000, 0)
            #expect(estimate.changes > 0)
            #expect(estimate.lower <= least && estimate.upper >= most)
            #expect(estimate.lower > least - 12_000_000 && estimate.upper < most + 12_000_000)
        }
    }

    /// Slower than the round trips can tell: 1 part in a million.
    @Test func driftWithinTheRoundTripsIsNoChange() throws {
        var network = Network(seed: 5)
        var clock = ClockOffset()
        for number in 0..<2_000 { network.send(to: &clock, ahead: Int64(number) * 50) }
        #expect(try #require(clock.estimate).changes == 0)
    }

    @Test func imageThatContradictsItselfGivesNoBounds() throws {
        var clock = ClockOffset()
        // Classified 50 after it was received, and back 40 after it was sent.
        clock.add(sent: 0, received: 10, inferred: 60, result: 40)
        #expect(clock.estimate == nil)
        clock.add(sent: 0, received: 10, inferred: 20, result: 40)
        let estimate = try #require(clock.estimate)
        #expect(estimate.lower == -20 && estimate.upper == 10 && estimate.changes == 1 && estimate.images == 2)
    }

    @Test func stampsThatMakeNoSenseDoNoHarm() {
        let extremes: [Int64] = [.min, -1, 0, 1, .max]
        for sent in extremes {
            for received in extremes {
                var clock = ClockOffset()
                for inferred in extremes {
                    for result in extremes {
                        clock.add(sent: sent, received: received, inferred: inferred, result: result)
                        if let estimate = clock.estimate { #expect(estimate.uncertainty >= 0) }
                    }
                }
            }
        }
    }
}
