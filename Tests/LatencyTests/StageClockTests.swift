import Events
import Foundation
import Testing
import TestSupport

@testable import Latency

/// `LatencyReport` takes infer's clock off the stages.
@Suite struct StageClockTests {
    let folder = TemporaryFolder()

    /// Rows whose way out takes 6 ms and more, and the way back 0.8 ms and more.
    private func records(
        _ images: Int = 2000, run: String = "r", partitions: Int32 = 1, ahead: (Int, Int32) -> Int64
    ) -> [LatencyRecord] {
        Synthetic.records(images, run: run).enumerated().map { index, straight in
            var record = straight
            let partition = Int32(index) % partitions
            record.partition = partition
            let shift = 5_000_000 + ahead(index, partition)
            record.received = record.received.map { $0 + shift }
            record.decoded = record.decoded.map { $0 + shift }
            record.inferred = record.inferred.map { $0 + shift }
            record.result = record.result.map { $0 + 5_000_000 }
            return record
        }
    }

    private func file(_ name: String, _ records: [LatencyRecord]) -> String {
        folder.file(name, ([LatencyCSV.header] + records.map(LatencyCSV.line)).joined(separator: "\n") + "\n")
    }

    private func stages(_ paths: [String], grouping: LatencyReport.Grouping = .run) throws -> StageBreakdown {
        let report = try LatencyReport(reading: paths, grouping: grouping, withStages: true)
        #expect(report.curves.count == 1 && report.warnings.isEmpty)
        return try #require(report.summaries[0].stages)
    }

    /// That two agree within an uncertainty, and but for the precision of histograms.
    private func expect(_ stages: StageBreakdown, near truth: StageBreakdown) throws {
        let limit = Double(try #require(stages.clock).uncertainty)
        #expect(limit < 3.5e6)
        for (part, real) in zip(stages.parts, truth.parts) {
            #expect(part.negative == 0)
            let isBetweenClocks = part.stage == .queue || part.stage == .return
            let margin = isBetweenClocks ? limit : 0
            #expect(abs(part.mean - real.mean) <= margin + 1e-3)
            for (own, other) in [(part.p50, real.p50), (part.p99, real.p99)] {
                let (own, other) = (Double(try #require(own)), Double(try #require(other)))
                #expect(abs(own - other) <= margin + 0.002 * other)
            }
        }
        #expect(abs(stages.mean - truth.mean) < 1e-3, "the sum is the latency, by whatever clock")
    }

    // MARK: - Taken off

    @Test(arguments: [(3_700_000_000, "3.70 s ahead"), (-250_000_000, "24")] as [(Int64, String)])
    func offsetIsTakenOff(offset: Int64, text: String) throws {
        let truth = try stages([file("true.csv", records { _, _ in 0 })])
        let stages = try stages([file("a.csv", records { _, _ in offset })])
        try expect(stages, near: truth)
        let note = try #require(stages.clockNote)
        #expect(note.hasPrefix("infer's clock was \(text)") && note.hasSuffix("): taken off") && note.contains("(± "))
        #expect(note.contains(offset < 0 ? " ms behind" : " s ahead"))
    }

    @Test func eachPartitionHasItsOwn() throws {
        let truth = try stages([file("true.csv", records(partitions: 2) { _, _ in 0 })])
        let stages = try stages([
            file("a.csv", records(partitions: 2) { _, partition in partition == 0 ? 3_700_000_000 : -250_000_000 })
        ])
        try expect(stages, near: truth)
        #expect(stages.clockNote?.hasPrefix("infer's clocks were 24") == true)
        #expect(stages.clockNote?.contains(" ms behind to 3.70 s ahead (± ") == true)
        #expect(stages.clockNote?.hasSuffix("), by partition: taken off") == true)
    }

    /// Two producers on two hosts, whose own clocks differ: the same partitions, a file each.
    @Test func eachFileHasItsOwn() throws {
        let paths = [file("a.csv", records { _, _ in 60_000_000 }), file("b.csv", records { _, _ in -80_000_000 })]
        let truth = try stages([file("true.csv", records { _, _ in 0 })])
        for grouping in [LatencyReport.Grouping.run, .producers] {
            let stages = try stages(paths, grouping: grouping)
            #expect(stages.images == 4000)
            try expect(stages, near: truth)
        }
    }

    @Test func everyRowAddsUp() throws {
        let rows = records(partitions: 3) { _, partition in Int64(partition) * 1_000_000_000 - 500 }
        var clocks = ClockOffsets()
        for row in rows { clocks.add(row) }
        let clock = try #require(StageClock(clocks.estimates, canReadTwice: true))
        let correction = ClockCorrection(clock, clocks)
        for row in rows {
            let ahead = try #require(correction.ahead(row.partition))
            let times = try #require(
                StageTimes(
                    sent: row.sent, received: row.received, decoded: row.decoded, inferred: row.inferred,
                    result: row.result, classifierAhead: ahead))
            #expect(Stage.allCases.reduce(0) { $0 + times[$1] } == row.result)
            #expect(Stage.allCases.allSatisfy { times[$0] >= 0 })
        }
        #expect(correction.ahead(nil) == nil && correction.ahead(7) == nil, "the clocks differ: whose was it?")
    }

    @Test func onlyTheCurveThatNeedsItChanges() throws {
        let straight = file("straight.csv", records(run: "a") { _, _ in 0 })
        let ahead = file("ahead.csv", records(run: "b") { _, _ in 60_000_000 })
        let alone = try stages([straight])
        let both = try LatencyReport(reading: [straight, ahead], withStages: true)
        #expect(both.summaries[0].stages == alone && alone.clockNote == nil)
        #expect(both.summaries[1].stages?.clock?.treatment == .takenOff)
        #expect(both.table(stages: true).markdown.contains("b: infer's clock was "))
        #expect(both.table(stages: true).json.contains("\"clock_note\" : \"infer's clock was "))
        #expect(both.table(stages: true).json.contains("\"clock_note\" : null"))
        #expect(try LatencyReport(reading: [ahead]).summaries[0].stages == nil, "nobody asked")
    }

    // MARK: - Left as it is

    @Test func equalClocksAreReadOnceAndChangeNothing() throws {
        let records = Synthetic.records(2000)
        let path = file("a.csv", records)
        let columns = GroupedImages.columns + GroupedImages.stageColumns
        var groups = GroupedImages(grouping: .run)
        #expect(try groups.add(LatencyCSVReader(path: path, columns: columns), file: path) == 2000)
        #expect(groups.findCorrections(canReadTwice: true).isEmpty)
        #expect(try stages([path]) == Synthetic.staged(images: 2000).summary(name: "x").stages)
    }

    @Test func clockThatMovedIsSaidAndNotTakenOff() throws {
        let rows = records { index, _ in index < 800 ? 0 : 2_000_000_000 }
        let stages = try stages([file("a.csv", rows)])
        var collector = LatencyCollector(run: "r", producers: 2)
        for row in rows { collector.add(row) }
        #expect(stages.parts == collector.summary(name: "x").stages?.parts)
        let note = try #require(stages.clockNote)
        #expect(
            note.hasPrefix("negative: return of 1,200 of 2,000 images. infer's clock moved meanwhile, by about 2.0"))
        #expect(note.hasSuffix(" s: it cannot be taken off"))
    }

    @Test func whatCannotBeReadTwiceIsLeft() throws {
        var clocks = ClockOffsets()
        for row in records(ahead: { _, _ in 60_000_000 }) { clocks.add(row) }
        let clock = try #require(StageClock(clocks.estimates, canReadTwice: false))
        #expect(clock.note.contains("not taken off") && ClockCorrection(clock, clocks).ahead(0) == 0)
    }

    @Test func logsCannotBeCorrected() throws {
        let writer = try LatencyCSVWriter(path: folder.file("log.csv"))
        writer.append(records(100) { _, _ in 60_000_000 })
        try writer.close()
        let log = try stages([folder.path + "/log.hlog"])
        #expect(
            log.clockNote?.hasSuffix("The clocks of infer and produce differ; a histogram log cannot be corrected")
                == true)
        let mixed = try stages([folder.path + "/log.hlog", file("a.csv", records(200) { _, _ in 60_000_000 })])
        #expect(mixed.images == 300 && mixed.parts[Stage.return.index].negative == 100)
        #expect(mixed.clockNote?.hasPrefix("negative: return of 100 of 300 images. infer's clock was ") == true)
        #expect(mixed.clockNote?.hasSuffix("taken off; a histogram log cannot be corrected") == true)
    }

    @Test func rowsWithoutAPartitionNeedClocksThatAgree() throws {
        for partitions in [1, 2] as [Int32] {
            var rows = records(200, partitions: partitions) { _, partition in
                60_000_000 + Int64(partition) * 200_000_000
            }
            rows[10].partition = nil
            let stages = try stages([file("a.csv", rows)])
            #expect(stages.images == (partitions == 1 ? 200 : 199))
        }
    }
}
