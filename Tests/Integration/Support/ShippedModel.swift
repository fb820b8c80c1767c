import Foundation
import Images
import Postgres
import Testing

@testable import Inference

/// The model in `models/`: what answers wherever no other weights are named.
enum ShippedModel {
    /// Its file.
    static let path = "\(Surroundings.root)/models/resnet50-cifar100.safetensors"

    /// Its weights.
    static func weights() throws -> ModelWeights { try loaded.get() }

    private static let loaded = Result { try ModelWeights.load(path) }

    /// The version of its results: the file's, and the precision that infer chooses on this machine.
    static func version() throws -> String {
        let precision = try Precision.auto.resolved(for: weights(), ShimLibrary.open())
        return "\(try weights().version)-\(precision.rawValue)"
    }

    /// Checks that it alone answered.
    static func expectAnswers(in database: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let versions = try Connection(database, applicationName: "tests").query(
            "SELECT DISTINCT model_version FROM inferences ORDER BY 1"
        ).map { $0[0] }
        #expect(versions == [try version()], sourceLocation: sourceLocation)
    }

    /// How many of the 20 pictures in the program it names right, classified without any of the pipeline.
    static func rightAnswersToTheSample() throws -> Int {
        let sample = SampleImages()
        let images = try (0..<sample.count).map { try sample.image(at: $0) }
        let model = try Model(weights: weights(), shim: ShimLibrary.open())
        let rows = try model.classify(images.map(\.image))
        return zip(images, rows).count { image, row in model.top(1, of: row)[0].label == image.label }
    }

    /// Another file of the same weights: a note more in its metadata is another version.
    static func copy(to path: String, note: String) throws -> ModelWeights {
        let bytes = try SafetensorsWriter.bytes(of: weights(), notes: ["copied_for": note])
        try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        return try ModelWeights.load(path)
    }
}
