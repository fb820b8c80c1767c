import Testing

@testable import Latency

@Suite struct LatencyCollectorTests {
    @Test func figuresOfASmallRun() {
        var run = LatencyCollector(run: "r", producers: 2)
        for index in 0..<101 {
            let outcome: LatencyRecord.Outcome =
                index == 7 ? .timedOut : (index == 8 ? .deadLettered : (index == 9 ? .undelivered : .ok))
            run.add(
                planned: Synthetic.epoch + Int64(index) * 100_000_000, sent: outcome == .undelivered ? nil : 1500,
                result: outcome == .ok ? Int64(index + 1) * 1000 : nil, outcome: outcome)
        }
        let summary = run.summary(name: "two")
        #expect(summary.name == "two" && summary.run == "r" && summary.producers == 2)
        #expect(summary.images == 101 && summary.ok == 98)
        #expect(summary.timedOut == 1 && summary.deadLettered == 1 && summary.undelivered == 1)
        #expect(summary.duration == 10)
        #expect(summary.offeredRate == 10)
        #expect(abs((summary.servedRate ?? 0) - 9.7) < 0.05)
        #expect(summary.sendDelayP99 == 1500)
        // Rank 51 of 101, three of which are endless: the 51st answer is that of index 53.
        #expect(summary.p50.map { abs($0 - 54_000) < 54 } == true)
        #expect(summary.p99 == nil)
        #expect(summary.max == 101_000)
        #expect(summary.inFlightAtEnd == 3 || summary.inFlightAtEnd == 2)
    }

    @Test func theOrderOfTheImagesDoesNotMatter() {
        var random = SplitMix64(state: 3)
        let images = (0..<5000).map { ($0, Int64(20_000_000 * (0.5 + random.uniform()))) }
        func summary(_ images: [(Int, Int64)]) -> LatencySummary {
            var run = LatencyCollector(run: "r", producers: 1)
            for (index, latency) in images {
                run.add(
                    planned: Synthetic.epoch + Int64(index) * 1_000_000, sent: 10, result: latency, outcome: .ok)
            }
            return run.summary(name: "r")
        }
        let forward = summary(images)
        #expect(summary(images.reversed()) == forward)
        #expect(summary(images.shuffled(using: &random)) == forward)
    }

    @Test func oneImageAndNone() {
        var run = LatencyCollector(run: "r", producers: 1)
        #expect(run.summary(name: "r").p50 == nil)
        run.add(planned: Synthetic.epoch, sent: 1, result: 5000, outcome: .ok)
        let summary = run.summary(name: "r")
        #expect(summary.offeredRate == nil && summary.servedRate == nil)
        #expect(summary.p50 == 5000 && summary.p99 == 5000)
    }

    @Test func extremeInstants() {
        var run = LatencyCollector(run: "r", producers: 1)
        run.add(planned: .max - 1, sent: 1, result: 5000, outcome: .ok)
        run.add(planned: 0, sent: .min, result: -7, outcome: .ok)
        run.add(planned: .min, sent: 1, result: .max, outcome: .ok)
        #expect(run.summary(name: "r").images == 3)
    }
}
