import Foundation
import Testing
import TestSupport

@testable import Latency

@Suite struct CDFChartTests {
    private static let palette: [UInt32] = [
        0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000, 0x999999,
    ]

    let folder = TemporaryFolder()

    private func curves(_ count: Int) throws -> [CDFCurve] {
        try LatencyReport(
            (1...count).map { number in
                Synthetic.steady(
                    producers: number, images: 500, median: 1e7 * Double(number * number), seed: UInt64(number))
            }
        ).curves
    }

    @Test(arguments: 1...8)
    func everyCurveHasItsColour(_ count: Int) throws {
        let picture = try Picture(CDFChart.png(try curves(count), options: .init(width: 700, height: 470)), in: folder)
        #expect(picture.width == 700)
        #expect(picture.height >= 470)
        for (index, colour) in CDFChartTests.palette.enumerated() {
            let pixels = picture.colours[colour] ?? 0
            if index < count {
                #expect(pixels > 50, "curve \(index)")
            } else if index < 6 {
                // Smoothed edges of black lines are grey, but never coloured.
                #expect(pixels == 0, "no curve \(index)")
            }
        }
        // Mostly white.
        #expect((picture.colours[0xFFFFFF] ?? 0) * 10 > picture.width * picture.height * 7)
    }

    @Test func sizesFollowTheWidth() throws {
        let small = try Picture(
            CDFChart.png(try curves(4), options: .init(width: 700, height: 500)), in: folder)
        #expect(small.width == 700 && small.height == 500)
        let least = try Picture(CDFChart.png(try curves(1), options: .init(width: 1, height: 1)), in: folder)
        #expect(least.width == 400 && least.height > 150)
    }

    @Test func noticeBandIsThereWhereThereIsANotice() throws {
        let band: UInt32 = 0xFFF4CE
        let plain = try Picture(CDFChart.png(try curves(2)), in: folder)
        #expect(plain.colours[band] == nil)
        let noticed = try Picture(
            CDFChart.png(try curves(2), options: .init(notice: "embedded broker")), in: folder)
        #expect((noticed.colours[band] ?? 0) > 20_000)
        let overloaded = try LatencyReport([Synthetic.queue(images: 2000, rate: 80, capacity: 50)]).curves
        #expect((try Picture(CDFChart.png(overloaded), in: folder).colours[band] ?? 0) > 20_000)
    }

    @Test func svgIsWellFormedAndSaysWhatItShows() throws {
        let overloaded = Synthetic.queue(producers: 3, images: 2000, rate: 80, capacity: 50)
        let report = try LatencyReport([
            Synthetic.steady(producers: 1, median: 4e7), Synthetic.steady(producers: 2, median: 8e7), overloaded,
        ])
        let options = CDFChart.Options(
            title: "Latency <of> \"a\" & b", subtitle: "measured\u{1} here", notice: "embedded broker")
        let svg = try CDFChart.svg(report.curves, options: options)
        let reader = try SVGReader(svg)
        #expect(reader.elements.first == "svg")
        #expect(reader.texts["title"]?.trimmingCharacters(in: .newlines) == "Latency <of> \"a\" & b")
        let description = try #require(reader.texts["desc"])
        for words in ["measured  here", "embedded broker", "1 producer", "2 producers", "OVERLOADED", "3 producers"] {
            #expect(description.contains(words), "\(words)")
        }
    }

    @Test(arguments: CDFChart.Axis.allCases)
    func oddCurvesAreDrawn(_ axis: CDFChart.Axis) throws {
        var unanswered = LatencyCollector(run: "none", producers: 1)
        var single = LatencyCollector(run: "one", producers: 1)
        single.add(planned: Synthetic.epoch, sent: 0, result: 0, outcome: .ok)
        for index in 0..<50 {
            unanswered.add(planned: Synthetic.epoch + Int64(index), sent: 0, result: nil, outcome: .timedOut)
        }
        for runs in [[unanswered], [single], [unanswered, single], Array(repeating: single, count: 30)] {
            let options = CDFChart.Options(
                title: String(repeating: "long title ", count: 40), subtitle: String(repeating: "x ", count: 900),
                notice: String(repeating: "notice ", count: 100), axis: axis)
            let picture = try Picture(CDFChart.png(try LatencyReport(runs).curves, options: options), in: folder)
            #expect(picture.width == 1400)
        }
    }

    @Test func filesAreWrittenWhole() throws {
        let png = folder.file("a.png")
        let svg = folder.file("a.svg")
        try CDFChart.draw(try curves(1), png: png, svg: svg)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.png", "a.svg"])
        let error = caught {
            try CDFChart.draw(try curves(1), png: folder.file("none/a.png"), svg: nil)
        }
        #expect(error?.code == .cannotCreate)
        let full = caught {
            try CDFChart.draw(try curves(1), png: nil, svg: "/dev/full")
        }
        #expect(full?.code == .writeFailed)
        #expect(full?.message.contains("/dev/full") == true)
        #expect(caught { try CDFChart.png([]) }?.code == .empty)
    }
}
