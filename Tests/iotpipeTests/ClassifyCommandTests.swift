import Foundation
import Testing

@testable import iotpipe

/// `iotpipe classify` as a user runs it, with the model that ships.
@Suite struct ClassifyCommandTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let samples = root + "/data/sample"
    private static let apple = samples + "/cifar100_09_0.png"

    @Test func namesPictures() throws {
        let outcome = try Program.run([
            "classify", "--quiet", "--precision", "f32", "--top", "2", Self.apple, Self.samples,
        ])
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let lines = outcome.output.lines.dropLast()
        #expect(lines.count == 21)
        #expect(lines[0].hasPrefix("\(Self.apple): apple 9") && lines[0].split(separator: ",").count == 2)
        // In the order in which they were named, and again among the others.
        #expect(lines.filter { $0.hasPrefix("\(Self.apple): apple 9") }.count == 2)
    }

    @Test func standardInputAsJSON() throws {
        let process = Program.process(["classify", "-q", "--json", "--precision", "f32", "-"])
        let output = Pipe()
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: Self.apple))
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let pictures = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        let predictions = try #require(pictures.first?["predictions"] as? [[String: Any]])
        #expect(pictures.first?["file"] as? String == "-" && predictions.count == 5)
        #expect(predictions[0]["label"] as? String == "apple" && predictions[0]["index"] as? Int == 0)
        let probabilities = predictions.compactMap { $0["probability"] as? Double }
        #expect(probabilities == probabilities.sorted(by: >) && probabilities[0] > 0.5 && probabilities[0] <= 1)
    }

    /// One that cannot be read is named with its reason, and the others go on.
    @Test func oneThatCannotBeRead() throws {
        let outcome = try Program.run(["classify", "-q", #filePath, Self.apple, "/nothing/there.png"])
        #expect(outcome.status == 65)
        #expect(outcome.output.lines.count == 2 && outcome.output.hasPrefix(Self.apple))
        #expect(outcome.errors.contains("\(#filePath): not a PNG"))
        #expect(outcome.errors.contains("cannot read /nothing/there.png: No such file or directory"))
        #expect(try Program.run(["classify", "/nothing/there.png"]).status == 66)
        let empty = FileManager.default.temporaryDirectory.appendingPathComponent("empty-\(UUID())")
        try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: empty) }
        let others = try Program.run(["classify", empty.path, Self.apple])
        #expect(others.status == 65 && others.output.hasPrefix(Self.apple), "\(others.errors)")
        #expect(others.errors == "iotpipe classify: there is no PNG file in the folder \(empty.path)\n")
        #expect(try Program.run(["classify"]).status == 64)
    }
}
