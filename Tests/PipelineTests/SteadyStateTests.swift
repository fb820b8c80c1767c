import Events
import FoundationEssentials
import Latency
import Testing

@testable import Pipeline

@Suite struct SteadyStateTests {
    private static let second: Int64 = 1_000_000_000

    private func record(at milliseconds: Int64, latency: Int64?, outcome: LatencyRecord.Outcome = .ok) -> LatencyRecord
    {
        LatencyRecord(
            run: "r", producers: 1, producer: "p1", device: "d", imageID: UUID(),
            planned: Timestamp(nanoseconds: 1_000 * Self.second + milliseconds * 1_000_000),
            result: latency.map { $0 * 1_000_000 }, outcome: outcome)
    }

    private func end(_ seconds: Int64) -> Int64 { (1_000 + seconds) * Self.second }

    @Test func nothingIsSteadyBeforeThreeWindowsHaveEnded() {
        var state = SteadyState(window: .seconds(1))
        #expect(state.windows(endedBy: end(5)).isEmpty)
        for image in 0..<400 { state.add(record(at: Int64(image) * 10, latency: 20)) }
        #expect(state.windows(endedBy: end(2)).count == 2)
        #expect(!SteadyState.isSteady(state.windows(endedBy: end(2))))
        let windows = state.windows(endedBy: end(3))
        #expect(windows.map(\.start) == [0, 1, 2])
        // Answers count where they come: those of the last 20 ms of a second come in the next.
        #expect(windows.map(\.perSecond) == [98, 100, 100])
        #expect(windows.allSatisfy { abs(Double($0.median!) / 20e6 - 1) < 1e-3 })
        #expect(SteadyState.isSteady(windows))
    }

    @Test(arguments: [(1.05, true), (1.25, false)]) func latencyThatClimbsIsNotSteady(factor: Double, isSteady: Bool) {
        var state = SteadyState(window: .seconds(1))
        for image in 0..<300 {
            let climb = factor == 1.05 ? 1 + Double(image / 100) * 0.025 : 1 + Double(image / 100) * 0.125
            state.add(record(at: Int64(image) * 10, latency: Int64(20 * climb)))
        }
        #expect(SteadyState.isSteady(state.windows(endedBy: end(3))) == isSteady)
    }

    @Test func throughputThatFallsIsNotSteady() {
        var state = SteadyState(window: .seconds(1))
        for (window, count) in [100, 100, 80].enumerated() {
            for image in 0..<count {
                state.add(record(at: Int64(window * 1_000 + image * 9), latency: 1))
            }
        }
        #expect(!SteadyState.isSteady(state.windows(endedBy: end(3))))
    }

    @Test func onlyTheLastThreeCountAndASilentWindowIsNotSteady() {
        let alike = (0..<3).map { SteadyState.Window(start: Double($0), perSecond: 50, median: 1_000) }
        let slow = SteadyState.Window(start: 0, perSecond: 5, median: 9_000)
        let silent = SteadyState.Window(start: 0, perSecond: 0, median: nil)
        #expect(SteadyState.isSteady([slow] + alike))
        #expect(!SteadyState.isSteady(alike + [slow]))
        #expect(!SteadyState.isSteady([silent, silent, silent]))
        #expect(!SteadyState.isSteady([silent] + alike.suffix(2)))
    }

    @Test func imagesWithoutAnAnswerAreNotCounted() {
        var state = SteadyState(window: .seconds(1))
        state.add(record(at: 0, latency: nil, outcome: .timedOut))
        state.add(record(at: 10, latency: 5))
        #expect(state.windows(endedBy: end(1)).map(\.perSecond) == [1])
    }
}
