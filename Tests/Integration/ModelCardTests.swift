import Foundation
import Testing

/// The model that ships is as good as its card says.
@Suite(.serialized) struct ModelCardTests {
    private struct Report: Decodable {
        let images: Int
        let top1: Double
        let modelVersion: String
    }

    private static let card = "\(Surroundings.root)/models/README.md"

    /// The share of the test split's 10,000 images that the card promises for a precision, in percent.
    private func promised(_ precision: String) throws -> Double {
        let card = try String(contentsOfFile: ModelCardTests.card, encoding: .utf8)
        let row = try #require(card.split(separator: "\n").first { $0.hasPrefix("| `\(precision)` |") })
        let cell = row.split(separator: "|")[1].split(separator: " ")[0]
        return try #require(Double(cell))
    }

    @Test(.enabled(if: Surroundings.hasData), arguments: ["f32", "int8"])
    func accuracyIsThatOfTheCard(precision: String) throws {
        let folder = NSTemporaryDirectory() + "/iotpipe-card-\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let result = Shell.run(
            "'\(Surroundings.executable)' evaluate --dataset '\(Surroundings.testSplit)' --count 2000 "
                + "--precision \(precision) --json --output '\(folder)/confusion' 2>'\(folder)/log'")
        #expect(result.status == 0, "\(result.output)")
        let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        #expect(report.images == 2000)
        #expect(report.modelVersion.hasSuffix("-" + precision))
        let promised = try promised(precision)
        #expect(abs(100 * report.top1 - promised) <= 2, "\(100 * report.top1) %, where the card says \(promised) %")
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder)).isSuperset(of: ["confusion.png"]))
    }
}
