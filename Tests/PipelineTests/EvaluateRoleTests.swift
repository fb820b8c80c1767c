import FoundationEssentials
import Images
import Inference
import Telemetry
import TestSupport
import Testing
import Threads

@testable import Pipeline

@Suite struct EvaluateRoleTests {
    private let folder = TemporaryFolder()

    private func role(stop: StopSignal = StopSignal(), _ change: (inout EvaluateOptions) -> Void = { _ in })
        -> EvaluateRole
    {
        var options = EvaluateOptions()
        options.output = folder.file("confusion")
        options.model.precision = .f32
        change(&options)
        return EvaluateRole(
            options: options, services: RoleServices(logger: Logger(role: "evaluate", level: .error), stop: stop))
    }

    @Test func sampleIsAnsweredAsTheModelItselfAnswersIt() throws {
        let report = try role { $0.model.batch = 3 }.run()
        let weights = try ModelWeights.load(#require(ModelLocator.defaultWeights()))
        let model = try Model(weights: weights, precision: .f32, shim: ShimLibrary.open())
        let sample = SampleImages()
        var expected: [String: [String: Int]] = [:]
        for index in 0..<sample.count {
            let picture = try sample.image(at: index)
            let best = model.top(1, of: try model.classify([picture.image])[0])[0].label
            expected[try #require(picture.label), default: [:]][best, default: 0] += 1
        }
        #expect(report.images == 20)
        #expect(report.classes.map(\.label) == expected.keys.sorted())
        for row in report.classes { #expect(row.predicted == expected[row.label], "\(row.label)") }
        #expect(report.right == expected.reduce(0) { $0 + ($1.value[$1.key] ?? 0) })
        #expect(report.right >= 12)
        #expect(report.pictures == [folder.file("confusion.png"), folder.file("confusion.svg")])
        #expect(try Picture([UInt8](Data(contentsOf: URL(filePath: report.pictures[0]))), in: folder).width == 1400)
        let text = report.text
        #expect(text.contains("top-1        \(Format.percent(report.right, of: 20, digits: 2)) ± "))
        #expect(text.contains("\nmodel        resnet50 \(model.modelVersion), input 64x64, "))
    }

    @Test func countIsSpreadOverTheDataset() throws {
        let report = try role { $0.count = 4 }.run()
        let labels = try [0, 5, 10, 15].map { try #require(try SampleImages().image(at: $0).label) }
        #expect(report.classes.map(\.label) == labels.sorted())
    }

    @Test func labelsWithoutANameAreLeftOut() throws {
        let png = try SampleImages().image(at: 0).png
        for name in ["yeti", "apple"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
            try Data(png).write(to: URL(filePath: folder.file("\(name)/1.png")))
        }
        try Data(png).write(to: URL(filePath: folder.file("plain.png")))
        let report = try role { $0.dataset = folder.path }.run()
        #expect(report.images == 1)
        #expect(report.unlabelled == 1)
        #expect(report.unknownLabels == ["yeti": 1])
        #expect(report.text.contains("left out     1 image with labels that the model has no name for: yeti"))
    }

    @Test func withoutALabelNothingIsDrawn() throws {
        let report = try role {
            $0.dataset = "synthetic"
            $0.count = 3
        }.run()
        #expect(report.images == 0)
        #expect(report.top1 == nil)
        #expect(report.pictures.isEmpty && folder.contents.isEmpty)
        #expect(report.text.contains("top-1        unknown: no picture has a label that the model knows"))
        #expect(try report.json.contains("\"unlabelled\" : 3"))
    }

    @Test func aStopEndsIt() throws {
        let stop = StopSignal()
        stop.request()
        #expect(thrown(RoleError.self) { try role(stop: stop).run() }?.status == .temporaryFailure)
    }

    @Test func aDamagedPictureIsNamed() throws {
        _ = folder.file("bad.png", "no picture")
        let error = thrown(ImageError.self) { try role { $0.dataset = folder.path }.run() }
        #expect(error?.message.contains("bad.png") == true)
    }
}
