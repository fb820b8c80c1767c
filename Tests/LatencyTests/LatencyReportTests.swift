import Events
import Foundation
import Testing
import TestSupport

@testable import Latency

@Suite struct LatencyReportTests {
    let folder = TemporaryFolder()

    private func file(_ name: String, run: String = "r", producers: Int, producer: String = "p0", images: Int = 100)
        -> String
    {
        var record = LatencyCSVTests.full
        record.run = run
        record.producers = producers
        record.producer = producer
        var text = LatencyCSV.header + "\n"
        for index in 0..<images {
            record.planned = Timestamp(nanoseconds: Synthetic.epoch + Int64(index) * 10_000_000)
            text += LatencyCSV.line(for: record) + "\n"
        }
        return folder.file(name, text)
    }

    @Test func oneCurvePerRunAcrossFiles() throws {
        let report = try LatencyReport(reading: [
            file("c.csv", producers: 2, producer: "p0"), file("a.csv", producers: 1),
            file("b.csv", producers: 2, producer: "p1"),
        ])
        #expect(report.curves.map(\.label) == ["1 producer", "2 producers"])
        #expect(report.curves.map(\.tag) == ["1", "2"])
        #expect(report.summaries.map(\.images) == [100, 200])
        // 100 images each in 0.99 s: each producer's first image starts its clock.
        #expect(report.summaries.map { ($0.offeredRate ?? 0).rounded() } == [100, 200])
        #expect(report.warnings.isEmpty)
    }

    @Test func aFolderStandsForItsCSVFiles() throws {
        _ = [file("b.csv", producers: 2, producer: "p1"), file("a.csv", producers: 1)]
        _ = file("notes.txt", producers: 3)
        let report = try LatencyReport(reading: [folder.path])
        #expect(report.curves.map(\.label) == ["1 producer", "2 producers"])
        #expect(
            try LatencyReport(reading: [folder.path + "/", folder.file("a.csv")]).summaries.map(\.images) == [100, 100])
        let empty = TemporaryFolder()
        #expect(caught { try LatencyReport(reading: [empty.path]) }?.code == .empty)
    }

    @Test func runsOfOneFile() throws {
        let first = try String(contentsOfFile: file("a.csv", run: "x", producers: 1), encoding: .utf8)
        let second = try String(contentsOfFile: file("b.csv", run: "y", producers: 1), encoding: .utf8)
        let rows = second.split(separator: "\n").dropFirst().joined(separator: "\n")
        let both = folder.file("both.csv", first + rows + "\n")
        #expect(try LatencyReport(reading: [both]).curves.map(\.label) == ["x", "y"])
        #expect(try LatencyReport(reading: [both]).curves.map(\.tag) == ["A", "B"])
        let byFile = try LatencyReport(reading: [both], grouping: .file)
        #expect(byFile.curves.map(\.label) == ["both.csv"])
        #expect(byFile.summaries.map(\.images) == [200])
    }

    @Test func runsThatShareANumberOfProducersAreNamedWhole() throws {
        let report = try LatencyReport(reading: [
            file("a.csv", run: "x", producers: 1), file("b.csv", run: "y", producers: 1),
            file("c.csv", run: "y", producers: 2),
        ])
        #expect(report.curves.map(\.label) == ["x · 1 producer", "y · 1 producer", "y · 2 producers"])
    }

    @Test func byProducersMergesTheRuns() throws {
        var paths = [file("a.csv", run: "x", producers: 2), file("c.csv", run: "x", producers: 4)]
        // An hour later: what lies between two runs belongs to neither.
        let later = try String(contentsOfFile: file("b.csv", run: "y", producers: 2), encoding: .utf8)
        paths.append(folder.file("b.csv", later.replacingOccurrences(of: ",180000000", with: ",180000360")))
        let report = try LatencyReport(reading: paths, grouping: .producers)
        #expect(report.curves.map(\.label) == ["2 producers", "4 producers"])
        #expect(report.curves.map(\.tag) == ["2", "4"])
        #expect(report.summaries.map(\.images) == [200, 100])
        #expect(report.summaries.map { ($0.offeredRate ?? 0).rounded() } == [100, 100])
        #expect(report.summaries.map { ($0.duration * 100).rounded() } == [198, 99])
        #expect(!report.summaries[0].isOverloaded)
    }

    @Test func oneOverloadedRunMakesAllOfItsCurve() throws {
        var groups = GroupedImages(grouping: .producers)
        for run in [Synthetic.steady(median: 1e7), Synthetic.queue(images: 2000, rate: 120, capacity: 100)] {
            groups.append(run)
        }
        let whole = LatencyCollector.summary(of: groups.runs, name: "x")
        #expect(whole.isOverloaded && whole.images == 4000)
    }

    @Test func filesOfOneNameAreNamedByPath() throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: true)
        let paths = [file("a.csv", producers: 1), file("sub/a.csv", producers: 1), file("b.csv", producers: 1)]
        let report = try LatencyReport(reading: paths, grouping: .file)
        #expect(report.curves.map(\.label) == [paths[0], paths[1], "b.csv"])
    }

    @Test func warnings() throws {
        let path = file("a.csv", producers: 1)
        let empty = folder.file("empty.csv", LatencyCSV.header + "\n")
        let torn = folder.file(
            "torn.csv", LatencyCSV.header + "\n" + LatencyCSV.line(for: LatencyCSVTests.full) + "\nr,1")
        let report = try LatencyReport(reading: [path, path, empty, torn])
        #expect(report.warnings.count == 3)
        #expect(report.warnings[0].contains("named twice"))
        #expect(report.warnings[1].contains("no images"))
        #expect(report.warnings[2].contains("torn.csv:3"))
        #expect(report.summaries.map(\.images).reduce(0, +) == 101)
    }

    @Test func nothingToDraw() {
        let empty = folder.file("empty.csv", LatencyCSV.header + "\n")
        #expect(caught { try LatencyReport(reading: [empty]) }?.code == .empty)
        #expect(caught { try LatencyReport(reading: []) }?.code == .empty)
        #expect(caught { try LatencyReport([]) }?.code == .empty)
    }
}
