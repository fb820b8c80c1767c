import Charts
import Foundation
import Testing
import TestSupport

@testable import Latency

/// Pictures judged by what they show at places that the layout names: fonts differ from machine to machine.
@Suite struct StageChartTests {
    let folder = TemporaryFolder()

    private struct Scene {
        let curves: [CDFCurve]
        let layout: ChartLayout
        let panel: StageLayout
        let picture: Picture
    }

    private func draw(_ runs: [LatencyCollector], _ axis: CDFChart.Axis = .log) throws -> Scene {
        let curves = try LatencyReport(runs).curves
        let options = CDFChart.Options(axis: axis, stages: true)
        let measuring = Canvas(.png, width: 16, height: 16, scale: 1)
        let layout = ChartLayout(measuring, curves: curves, options: options, height: Double(options.height))
        let picture = try Picture(CDFChart.png(curves, options: options), in: folder)
        #expect(picture.height == Int(layout.height.rounded(.up)))
        return Scene(curves: curves, layout: layout, panel: try #require(layout.stages), picture: picture)
    }

    private var runs: [LatencyCollector] {
        (1...3).map { number in
            Synthetic.staged(
                images: 800, producers: number, median: 1.2e7 * Double(number), seed: UInt64(number))
        }
    }

    @Test(arguments: CDFChart.Axis.allCases)
    func curvesLieWhereTheLayoutSays(_ axis: CDFChart.Axis) throws {
        let scene = try draw(runs, axis)
        for (index, curve) in scene.curves.enumerated() {
            for percentile in curve.summary.percentiles {
                let x = scene.layout.x(Double(try #require(percentile.value)))
                let y = scene.layout.y(percentile.percent / 100)
                let colours = scene.picture.colours(x: (x - 4)...(x + 4), y: (y - 4)...(y + 4))
                // Another curve's dot may cover it in part.
                let own = colours[ChartStyle.colour(index).hex] ?? 0
                #expect(own > 12, "\(curve.label) \(percentile.name): \(own) pixels")
            }
        }
    }

    @Test func barsHaveTheirStagesSideBySide() throws {
        let scene = try draw(runs)
        for (index, curve) in scene.curves.enumerated() {
            let stages = try #require(curve.summary.stages)
            let middle = scene.panel.middle(index)
            var end = scene.panel.x(0)
            for span in StageLayout.spans(stages) {
                let (left, right) = (scene.panel.x(span.from), scene.panel.x(span.to))
                #expect(abs(left - end) < 0.01)
                end = right
                guard right - left > 8 else { continue }
                let inside = scene.picture.colours(
                    x: (left + 2)...(right - 2), y: (middle - 12)...(middle + 12))
                let area = inside.values.reduce(0, +)
                let fill = ChartStyle.fill(span.part.stage)
                #expect((inside[fill.colour.hex] ?? 0) * 5 > area * 2, "\(curve.label) \(span.part.stage)")
            }
            #expect(abs(end - scene.panel.x(stages.mean)) < 0.01)
            // Behind the bar and the label of its end there is nothing.
            let behind = scene.picture.colours(
                x: (StageLayout.barRight + 100)...(StageLayout.barRight + 118), y: (middle - 12)...(middle + 12))
            #expect(index == 2 || behind.keys.allSatisfy { $0 == 0xFFFFFF })
        }
    }

    @Test func stagesAreToldApartWithoutColour() {
        let fills = Stage.allCases.map(ChartStyle.fill)
        func grey(_ colour: Colour) -> Double { 0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue }
        for (index, fill) in fills.enumerated() {
            for other in fills[(index + 1)...] {
                #expect(fill.hatch != other.hatch || abs(grey(fill.colour) - grey(other.colour)) > 0.4)
            }
        }
    }

    @Test func hatchesAreDrawn() throws {
        let canvas = Canvas(.png, width: 300, height: 100, scale: 1)
        for (index, hatch) in [Canvas.Hatch.none, .dots, .rising, .falling].enumerated() {
            let x = 10 + Double(index) * 70
            canvas.hatch(hatch, x: x, y: 20, width: 50, height: 60, colour: Colour(0))
        }
        let picture = try Picture(try canvas.finish(), in: folder)
        for index in 0..<4 {
            let x = 10 + Double(index) * 70
            let inside = picture.colours(x: x...(x + 50), y: 20...80)
            #expect(((inside[0xFFFFFF] ?? 0) < 3000) == (index > 0))
            #expect(picture.colours(x: (x + 51)...(x + 60), y: 0...100).keys.allSatisfy { $0 == 0xFFFFFF })
        }
    }

    @Test func negativeStagesReachLeftOfZero() throws {
        let scene = try draw([Synthetic.staged(images: 500, clock: 30_000_000)])
        let zero = scene.panel.x(0)
        #expect(zero > StageLayout.barLeft + 100)
        let middle = scene.panel.middle(0)
        let left = scene.picture.colours(x: (StageLayout.barLeft + 2)...(zero - 3), y: (middle - 12)...(middle + 12))
        #expect((left[ChartStyle.fill(.return).colour.hex] ?? 0) > 500)
        #expect(scene.panel.notes.joined().contains("clocks of infer and produce differ"))
    }

    @Test func anOverloadedBarIsCutOff() throws {
        var overloaded = LatencyCollector(run: "r", producers: 9)
        for (index, record) in Synthetic.records(2000).enumerated() {
            var late = record
            let wait = Int64(index) * 20_000_000
            for path in [\LatencyRecord.received, \.decoded, \.inferred, \.result] { late[keyPath: path]! += wait }
            overloaded.add(late)
        }
        let scene = try draw([runs[0], overloaded])
        #expect(scene.curves[1].summary.isOverloaded)
        let steady = try #require(scene.curves[0].summary.stages)
        #expect(scene.panel.axis.upper < 1.5 * steady.mean && scene.panel.axis.upper >= steady.mean)
        let middle = scene.panel.middle(1)
        let cut = scene.picture.colours(
            x: (StageLayout.barRight - 40)...StageLayout.barRight, y: (middle - 12)...(middle + 12))
        #expect((cut[ChartStyle.fill(.queue).colour.hex] ?? 0) > 200 && (cut[0xFFFFFF] ?? 0) > 15)
    }

    @Test func unknownStagesAndManyRuns() throws {
        let unknown = Synthetic.steady(producers: 1, median: 3e7)
        #expect(try draw([unknown, runs[0]]).picture.width == 1400)
        #expect(try draw([unknown]).panel.axis.upper > 0)
        let many = try draw(Array(repeating: runs[1], count: 20))
        #expect(many.panel.rows == 20 && many.picture.height > 2000)
    }

    @Test func svgHasTheFillsAndTheFigures() throws {
        let curves = try LatencyReport(runs).curves
        let svg = try SVGReader(try CDFChart.svg(curves, options: .init(stages: true)))
        for stage in Stage.allCases where stage != .send {
            // One in the key and one in each bar, grounds of labels beside.
            #expect((svg.fills[ChartStyle.fill(stage).colour.hex] ?? 0) >= 4, "\(stage)")
        }
        let plain = try SVGReader(try CDFChart.svg(curves))
        #expect(plain.fills[ChartStyle.fill(.inference).colour.hex] == nil)
        #expect(svg.texts["desc"]?.contains("broker and queue") == true)
        #expect(plain.texts["desc"]?.contains("broker and queue") == false)
    }

    @Test func whatIsUnknownIsSaidInTheBand() throws {
        let log = try HistogramLogReader(bytes: try HistogramLog.bytes(of: [runs[0]]), name: "a.hlog")
        let scene = try draw(log.runs)
        #expect(scene.layout.notice.joined().contains("1 producer: overload unknown"))
        #expect(scene.curves[0].summary.stages?.images == 800)
    }
}
