import Foundation
import Testing
import TestSupport

@testable import Latency

/// Whole pictures beside those that were looked at. Squares are compared, by their mean colour: fonts and the smoothing of
/// edges differ from machine to machine, where lines, bars and words stand does not.
///
/// `IOTPIPE_UPDATE_GOLDEN=1 swift test --filter GoldenPictureTests` draws them anew: then look at Tests/Fixtures/charts.
@Suite struct GoldenPictureTests {
    private static let charts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../Fixtures/charts").standardizedFileURL
    /// Pixels.
    private static let square = 10

    let folder = TemporaryFolder()

    /// The share of squares whose colour is another.
    private func difference(_ one: Picture, _ other: Picture) -> Double {
        guard one.width == other.width, abs(one.height - other.height) <= 4 else { return 1 }
        let (columns, rows) = (one.width / Self.square, min(one.height, other.height) / Self.square)
        let places = (0..<columns * rows).map { ($0 % columns, $0 / columns) }
        let different = places.count { column, row in
            zip(one.mean(column, row, of: Self.square), other.mean(column, row, of: Self.square))
                .contains { abs($0 - $1) > 30 }
        }
        return Double(different) / Double(places.count)
    }

    private func expect(_ png: [UInt8], is name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = Self.charts.appendingPathComponent(name + ".png")
        if ProcessInfo.processInfo.environment["IOTPIPE_UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(at: Self.charts, withIntermediateDirectories: true)
            try Data(png).write(to: file)
        }
        let known = try Picture(Array(Data(contentsOf: file)), in: folder)
        let share = difference(try Picture(png, in: folder), known)
        #expect(share < 0.015, "\(name): \(share) of the squares", sourceLocation: sourceLocation)
    }

    private func options(_ axis: CDFChart.Axis = .log, stages: Bool = false) -> CDFChart.Options {
        CDFChart.Options(
            title: "Latency", subtitle: "made up", axis: axis, stages: stages, width: 700, height: 470)
    }

    private func curves(scale: Double = 1) throws -> [CDFCurve] {
        try LatencyReport(
            (1...4).map { number in
                Synthetic.steady(
                    producers: number, images: 800, median: scale * 1e7 * Double(number), seed: UInt64(number))
            }
        ).curves
    }

    @Test(arguments: CDFChart.Axis.allCases) func curvesOfOneToFourProducers(_ axis: CDFChart.Axis) throws {
        try expect(CDFChart.png(curves(), options: options(axis)), is: "curves-\(axis)")
    }

    @Test func overload() throws {
        let report = try LatencyReport([
            Synthetic.steady(producers: 1, median: 4e7),
            Synthetic.queue(producers: 3, images: 2000, rate: 80, capacity: 50),
        ])
        try expect(CDFChart.png(report.curves, options: options()), is: "overload")
    }

    /// Six files of three runs become two curves, one for each number of producers.
    @Test func curvesByNumberOfProducersWithStages() throws {
        var paths: [String] = []
        for (index, run) in ["morning", "noon", "night"].enumerated() {
            for producers in [1, 3] {
                let path = folder.file("\(run)-\(producers).csv")
                let writer = try LatencyCSVWriter(path: path)
                let records = Synthetic.records(
                    300, producers: producers, run: run, median: 1.2e7 * Double(producers),
                    seed: UInt64(10 * index + producers))
                #expect(writer.append(records))
                try writer.close()
                paths.append(path)
            }
        }
        let report = try LatencyReport(reading: paths, grouping: .producers, withStages: true)
        #expect(report.curves.count == 2)
        try expect(CDFChart.png(report.curves, options: options(stages: true)), is: "by-producers-stages")
    }

    /// The comparison sees what it is for.
    @Test func otherCurvesAreAnotherPicture() throws {
        let picture = try Picture(CDFChart.png(curves(), options: options()), in: folder)
        let slower = try Picture(CDFChart.png(curves(scale: 1.2), options: options()), in: folder)
        #expect(difference(picture, picture) == 0 && difference(picture, slower) > 0.03)
    }
}
