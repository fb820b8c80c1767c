import Testing

@testable import Latency

@Suite struct OverloadTests {
    private func summary(_ collector: LatencyCollector) -> LatencySummary { collector.summary(name: "x") }

    // MARK: - Overloaded

    @Test(arguments: [1.04, 1.1, 1.5, 3, 100])
    func moreThanTheCapacity(_ load: Double) throws {
        for poisson in [true, false] {
            let run = summary(Synthetic.queue(images: 6000, rate: 100 * load, capacity: 100, poisson: poisson))
            #expect(run.isOverloaded, "load \(load), Poisson \(poisson): slope \(run.overload.slope)")
            let served = try #require(run.servedRate)
            #expect(abs(served - 100) < 4)
            #expect(run.overload.timeToBacklog != nil)
            #expect(run.inFlightAtEnd > 0)
        }
    }

    @Test func slopeIsTheExcessOfTheLoad() {
        let run = summary(Synthetic.queue(images: 2000, rate: 120, capacity: 100, poisson: false))
        #expect(abs(run.overload.slope - 0.2) < 0.01)
        #expect(run.overload.backlogGrows && !run.overload.servedTooFew)
        #expect((run.overload.timeToBacklog ?? 99) < 1)
    }

    @Test func burst() {
        let run = summary(Synthetic.queue(images: 2000, rate: 100_000, capacity: 100))
        #expect(run.overload.backlogGrows)
        #expect(run.inFlightAtEnd > 1900)
    }

    @Test func timeOuts() {
        let run = summary(Synthetic.steady(median: 1e7, timeouts: 0.05))
        #expect(run.overload.servedTooFew && !run.overload.backlogGrows)
    }

    @Test func theClassifierDiesInTheMiddle() throws {
        var run = LatencyCollector(run: "r", producers: 1)
        for index in 0..<1000 {
            let isAnswered = index < 500
            run.add(
                planned: Synthetic.epoch + Int64(index) * 10_000_000, sent: 0, result: isAnswered ? 5_000_000 : nil,
                outcome: isAnswered ? .ok : .timedOut)
        }
        let time = try #require(summary(run).overload.timeToBacklog)
        #expect(abs(time - 5) < 0.5)
        #expect(summary(run).inFlightAtEnd == 500)
    }

    @Test func overloadFromTheMiddleOn() throws {
        // 50 images/s for 20 s, then 150 images/s for 20 s, of 100 images/s at most.
        var run = LatencyCollector(run: "r", producers: 1)
        var time = 0.0
        var free = 0.0
        while time < 40 {
            time += time < 20 ? 1 / 50.0 : 1 / 150.0
            free = max(free, time) + 0.01
            run.add(
                planned: Synthetic.epoch + Int64(time * 1e9), sent: 0, result: Int64((free - time) * 1e9), outcome: .ok)
        }
        let found = summary(run)
        #expect(found.isOverloaded)
        let timeToBacklog = try #require(found.overload.timeToBacklog)
        #expect(abs(timeToBacklog - 20) < 1)
    }

    // MARK: - Not overloaded

    @Test(arguments: 1...12)
    func steadyRuns(_ seed: UInt64) {
        for images in [30, 200, 1000] {
            for sigma in [0.05, 0.4, 1.2] {
                let run = summary(Synthetic.steady(images: images, median: 3e7, sigma: sigma, seed: seed))
                #expect(!run.isOverloaded, "\(images) images, sigma \(sigma), seed \(seed)")
                #expect(run.overload.timeToBacklog == nil)
            }
        }
    }

    @Test(arguments: 1...12)
    func nearlySaturated(_ seed: UInt64) {
        let run = summary(Synthetic.queue(images: 4000, rate: 90, capacity: 100, seed: seed))
        #expect(!run.isOverloaded, "slope \(run.overload.slope)")
    }

    @Test(arguments: [5.0, 25, 52])
    func aStallIsNoOverload(_ start: Double) {
        let run = summary(
            Synthetic.queue(images: 3000, rate: 50, capacity: 100, poisson: false, stall: start...(start + 5)))
        #expect(!run.isOverloaded, "slope \(run.overload.slope)")
        #expect((run.p99 ?? 0) > 1_000_000_000)
    }

    @Test func longLatencyAloneIsNoOverload() {
        // The latency is half as long as the run: nothing comes back for long, but nothing piles up.
        let run = summary(Synthetic.steady(images: 1000, rate: 200, median: 2.5e9, sigma: 0.05))
        #expect(!run.isOverloaded)
    }

    @Test func fewImagesTellNothing() {
        #expect(!summary(Synthetic.queue(images: 10, rate: 1000, capacity: 100)).isOverloaded)
        #expect(!summary(LatencyCollector(run: "r", producers: 1)).isOverloaded)
    }

    @Test func deadLettersSayNothingOfCapacity() {
        var run = Synthetic.steady(images: 1000, median: 1e7)
        for index in 0..<100 {
            run.add(
                planned: Synthetic.epoch + Int64(index) * 100_000_000, sent: 0, result: nil, outcome: .deadLettered)
        }
        #expect(!summary(run).isOverloaded)
        #expect(summary(run).deadLettered == 100)
    }
}
