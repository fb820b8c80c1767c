import Testing

@testable import Pipeline

@Suite struct ProduceSummaryTests {
    private var summary: ProduceSummary {
        var summary = ProduceSummary()
        (summary.planned, summary.acknowledged, summary.classified) = (100, 98, 90)
        (summary.timedOut, summary.deadLettered, summary.undelivered) = (5, 3, 2)
        (summary.right, summary.labelled, summary.bytes, summary.seconds) = (60, 80, 250_000, 4.5)
        for _ in 0..<90 { summary.latency.record(12_000_000) }
        for _ in 0..<100 { summary.sendDelay.record(150_000) }
        return summary
    }

    @Test func textSaysEveryCount() {
        #expect(
            summary.text == """
                images        100 planned, 98 acknowledged, 90 classified, 5 timed out, 3 dead-lettered, 2 undelivered
                throughput    20.0 images/s over 4.5 s, 2.5 kB an image
                latency       p50 12.0 ms  p90 12.0 ms  p95 12.0 ms  p99 12.0 ms  max 12.0 ms
                send delay    p99 0.15 ms
                right answers 60 of 80 labelled images
                """)
    }

    @Test func textOfNothing() {
        #expect(
            ProduceSummary().text == """
                images        0 planned, 0 acknowledged, 0 classified, 0 timed out, 0 dead-lettered, 0 undelivered
                throughput    0.0 images/s over 0.0 s, 0.0 kB an image
                """)
    }

    @Test func warmUpHasALineOfItsOwn() {
        var summary = summary
        summary.warmUp = ProduceSummary.WarmUp(planned: 40, acknowledged: 39, classified: 38, undelivered: 1)
        let line =
            "warm-up       40 images before these, which do not count: 39 acknowledged, 38 classified, 1 undelivered"
        #expect(summary.text.split(separator: "\n").contains { $0 == line })
        #expect(ProduceProgress(summary: summary, inFlight: 7, rate: 20).text.contains(", 40 to warm up, "))
    }

    @Test func closedLoopIsSaid() {
        var summary = summary
        summary.closedLoop = 16
        #expect(summary.text.contains("\nclosed loop   16 in flight at most: a stall keeps images back"))
    }

    /// Images that take 4 ms to infer and 2 ms back, seen by clocks that are so many milliseconds ahead, by partition.
    private func clockLines(_ offsets: [Int32: [Int64]]) -> [String] {
        var summary = summary
        for (partition, offsets) in offsets {
            for offset in offsets {
                summary.clocks.add(
                    partition: partition, sent: 0, received: (offset + 4) * 1_000_000,
                    inferred: (offset + 24) * 1_000_000, result: 26_000_000)
            }
        }
        return summary.clockLines
    }

    @Test func clocksAreComparedAndWarnedOf() {
        #expect(clockLines([:]) == [])
        #expect(clockLines([0: [0], 1: [0]]) == ["clock offset  +1.00 ms ± 3.00 ms: infer's clock less this one"])
        let warning =
            "warning       the offset is larger than the stages that it falsifies: take it off received_ns, decoded_ns and "
            + "inferred_ns, or synchronise the clocks"
        #expect(
            clockLines([0: [3_700]]) == ["clock offset  +3701.00 ms ± 3.00 ms: infer's clock less this one", warning])
        #expect(
            clockLines([0: [3_700], 1: [-250], 2: [0]]) == [
                "clock offset  -249.00 ms ± 3.00 ms to +3701.00 ms ± 3.00 ms, by partition: infer's clock less this one",
                warning,
            ])
        let moved = clockLines([0: [0, 1_000]])
        #expect(moved.count == 2 && moved[0].hasSuffix("; it was set meanwhile, or drifts"))
        #expect(moved[1].hasPrefix("warning       infer's clock moved by more than the stages take"))
    }

    @Test func progressNamesLossesOnlyWhereThereAreSome() {
        #expect(
            ProduceProgress(summary: summary, inFlight: 7, rate: 20).text
                == "20.0 images/s, 100 planned, 90 classified, 7 in flight, p50 12.0 ms p95 12.0 ms p99 12.0 ms, 5 timed out, "
                + "2 undelivered")
        #expect(
            ProduceProgress(summary: ProduceSummary(), inFlight: 0, rate: 0).text
                == "0.0 images/s, 0 planned, 0 classified, 0 in flight")
    }
}
