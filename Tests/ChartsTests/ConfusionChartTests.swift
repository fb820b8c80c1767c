import TestSupport
import Testing

@testable import Charts

@Suite struct ConfusionChartTests {
    private let folder = TemporaryFolder()
    /// Three classes; a quarter of the dogs are taken for cats, all mice for something else.
    private let matrix = ConfusionMatrix(
        names: ["cat", "dog", "mouse"], counts: [[4, 0, 0, 0], [25, 75, 0, 0], [0, 0, 0, 9]])

    @Test func othersHaveAColumnWhereThereAreSome() {
        #expect(matrix.columns == ["cat", "dog", "mouse", "other classes"])
        #expect(matrix.share(1, 0) == 0.25)
        #expect(matrix.share(2, 3) == 1)
        let square = ConfusionMatrix(names: ["a", "b"], counts: [[1, 2, 0], [0, 0, 0]])
        #expect(square.columns == ["a", "b"])
        #expect(square.share(1, 1) == 0)
    }

    @Test func aLargerShareIsDarker() {
        func light(_ share: Double) -> Double {
            let colour = ConfusionChart.colour(share)
            return 0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue
        }
        let lights = (0...100).map { light(Double($0) / 100) }
        #expect(lights[0] == 1)
        #expect(zip(lights, lights.dropFirst()).allSatisfy { $0 - $1 > 0.001 })
        // One of a hundred is seen.
        #expect(lights[0] - lights[1] > 0.05)
    }

    @Test func cellsHaveTheColourOfTheirShare() throws {
        let chart = ConfusionChart(matrix, title: "Title", subtitle: "sub")
        let picture = try Picture(chart.png(), in: folder)
        #expect(picture.width == 1400)
        // Cells of 60 by 60.
        for (share, cells) in [(0.25, 1), (0.75, 1), (1, 2)] {
            #expect(pixels(of: ConfusionChart.colour(share), in: picture) > 3000 * cells, "\(share)")
        }
        let words = try SVGReader(chart.svg()).texts
        #expect(words["title"]?.hasPrefix("Title") == true)
        #expect(words["desc"]?.hasPrefix("sub") == true)
    }

    /// Pixels that have a colour, give or take the rounding of its parts.
    private func pixels(of colour: Colour, in picture: Picture) -> Int {
        picture.colours.reduce(0) { sum, entry in
            let isEqual = [0, 8, 16].allSatisfy { shift in
                abs(Int(entry.key >> shift & 255) - Int(colour.hex >> shift & 255)) <= 1
            }
            return sum + (isEqual ? entry.value : 0)
        }
    }

    @Test(arguments: [1, 2, 100, 131, 400]) func anyNumberOfClassesFits(_ count: Int) throws {
        let names = (0..<count).map { "a rather long name of class \($0)" }
        let counts = (0..<count).map { row in (0...count).map { $0 == row ? 1 : 0 } }
        let picture = try Picture(
            ConfusionChart(ConfusionMatrix(names: names, counts: counts), title: "T", subtitle: "").png(), in: folder)
        #expect(picture.width == 1400)
        #expect(picture.height < 1800)
        // The diagonal is there: at least a pixel and a half each.
        #expect(picture.colours[ConfusionChart.colour(1).hex, default: 0] > 2 * count)
    }
}
