import Events
import Foundation
import Testing

@testable import Latency

@Suite struct StageTests {
    // MARK: - Rows

    @Test(arguments: 1...50)
    func stagesOfARowAddUpToItsLatency(_ seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        for _ in 0..<200 {
            // Of all sizes and in any order: clocks differ.
            let instants = (0..<6).map { _ in Int64(bitPattern: random.next()) >> Int64(4 + random.next() % 60) }
            let times = try #require(
                StageTimes(
                    sent: instants[0], received: instants[1], decoded: instants[2], inferred: instants[3],
                    result: instants[4], classifierAhead: seed % 2 == 0 ? instants[5] : 0))
            #expect(Stage.allCases.reduce(0) { $0 + times[$1] } == instants[4])
        }
    }

    @Test func aKnownClockMovesTheInstantsBetween() throws {
        let times = try #require(
            StageTimes(sent: 10, received: 1020, decoded: 1030, inferred: 1060, result: 100, classifierAhead: 1000))
        #expect(Stage.allCases.map { times[$0] } == [10, 10, 10, 30, 40])
    }

    @Test func whatHasNoStages() {
        #expect(StageTimes(sent: 1, received: nil, decoded: 3, inferred: 4, result: 5) == nil)
        #expect(StageTimes(sent: .min, received: .max, decoded: 3, inferred: 4, result: 5) == nil)
        var record = LatencyCSVTests.full
        #expect(StageTimes(record) != nil)
        record.outcome = .timedOut
        #expect(StageTimes(record) == nil)
    }

    @Test func namesOfTagsAndPlaces() {
        #expect(Stage.allCases.map(\.rawValue) == ["send", "broker-and-queue", "decode", "inference", "return"])
        #expect(Stage.allCases.map(\.index) == Array(Stage.allCases.indices))
    }

    // MARK: - Runs

    @Test func meansAddUp() throws {
        let run = Synthetic.staged(images: 2000)
        let stages = try #require(run.summary(name: "x").stages)
        #expect(stages.images == 2000 && stages.clockNote == nil)
        #expect(abs(stages.mean - (run.histogram.mean ?? 0)) < 1e-6 * stages.mean)
    }

    @Test func aClockAheadMakesNegativeStages() throws {
        let straight = try #require(Synthetic.staged(images: 2000).summary(name: "x").stages)
        let ahead = try #require(Synthetic.staged(images: 2000, clock: 60_000_000).summary(name: "x").stages)
        #expect(abs(straight.mean - ahead.mean) < 1)
        let back = ahead.parts[Stage.return.index]
        #expect(back.negative == 2000 && back.mean < -5e7 && back.p50 == nil && back.p99 == nil)
        #expect(ahead.clockNote == "negative: return of 2,000 of 2,000 images. The clocks of infer and produce differ")
        // Half of them negative: the median lies among them, the 99th percentile does not.
        let near = try #require(Synthetic.staged(images: 2000, clock: 1_600_000).summary(name: "x").stages)
        let part = near.parts[Stage.return.index]
        #expect(part.negative > 1000 && part.negative < 1900 && part.p50 == nil && part.p99 != nil)
    }

    // MARK: - Tables

    private func table(_ runs: [LatencyCollector]) throws -> LatencyTable {
        try LatencyReport(runs).table(stages: true)
    }

    @Test func textNamesEachStage() throws {
        let lines = try table([Synthetic.staged(images: 200, clock: 60_000_000)]).text
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines[4].hasPrefix("") && lines[5].hasPrefix("run") && lines[5].hasSuffix("p99"))
        #expect(lines[6].hasPrefix("2 producers  send delay "))
        #expect(lines[10].contains("return") && lines[10].contains("-") && lines[10].hasSuffix("negative  negative"))
        #expect(lines[11].contains("all") && lines[11].contains("100.0 %"))
        #expect(lines[12].contains("Means add up"))
        #expect(lines[13].hasPrefix("2 producers: negative: return of 200"))
    }

    @Test func markdownAndUnknownStages() throws {
        let table = try table([Synthetic.staged(images: 200), Synthetic.steady(producers: 1, median: 3e7)])
        #expect(table.markdown.contains("| run | stage | mean | share of the mean | p50 | p99 |\n|---|---|---:|"))
        #expect(table.markdown.contains("| 1 producer | unknown | – |"))
        #expect(table.text.contains("1 producer: stages unknown"))
    }

    @Test func json() throws {
        let table = try table([Synthetic.staged(images: 200), Synthetic.steady(producers: 1, median: 3e7)])
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(table.json.utf8)) as? [[String: Any]])
        #expect(rows[0]["stages"] is NSNull && rows[0].keys == rows[1].keys)
        let stages = try #require(rows[1]["stages"] as? [String: Any])
        let parts = try #require(stages["parts"] as? [[String: Any]])
        #expect(parts.map { $0["stage"] as? String } == Stage.allCases.map(\.rawValue))
        let sum = parts.reduce(0.0) { $0 + ($1["mean_ns"] as? Double ?? 0) }
        #expect(abs(sum - (stages["mean_ns"] as? Double ?? 0)) < 1)
        #expect(!LatencyTable(table.summaries).json.contains("stages"))
    }
}
