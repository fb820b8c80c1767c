import Foundation
import Images
import Testing

@testable import Inference

/// The model with real weights against what ONNX Runtime computed from the same file.
@Suite(.enabled(if: SharedFiles.areThere, Comment(rawValue: SharedFiles.message)))
struct ReferenceTests {
    @Test(arguments: ["reference-224", "reference-64x96"])
    func logitsMatchTheOracle(name: String) throws {
        let file = SharedFiles.model(name + ".safetensors")
        let (input, shape) = try SafetensorsFile.tensor("input", in: file)
        let (expected, _) = try SafetensorsFile.tensor("logits", in: file)
        let model = try Model(
            weights: RealWeights.load(), precision: .f32, threads: 2,
            inputSize: InputSize(height: shape[2], width: shape[3]),
            shim: ShimLibrary.open())
        let actual = try model.logits(input, count: shape[0]).flatMap { $0 }
        #expect(actual.count == expected.count)
        let difference = zip(actual, expected).map { abs($0 - $1) }.max()!
        #expect(difference < 1e-3, "largest difference of a logit: \(difference)")
    }

    private struct Answers: Decodable {
        struct Picture: Decodable {
            struct Class: Decodable {
                let index: Int
                let name: String
                let logit: Float
                let probability: Float
            }
            let row: Int
            let top5: [Class]
        }
        let images: [Picture]
    }

    @Test func topFiveOfCIFARPicturesMatchTheOracle() throws {
        let answers = try JSONDecoder().decode(
            Answers.self, from: Data(contentsOf: SharedFiles.model("reference-cifar-test-0-63.json")))
        let model = try Model(weights: RealWeights.load(), precision: .f32, threads: 2, shim: ShimLibrary.open())
        #expect(model.inputSize.description == "224x224")
        let pictures = try Pictures.cifarTest(64)
        for start in stride(from: 0, to: 64, by: 8) {
            let rows = try model.classify(Array(pictures[start..<start + 8]))
            for (row, answer) in zip(rows, answers.images[start..<start + 8]) {
                for (actual, expected) in zip(model.top(5, of: row), answer.top5) {
                    #expect(abs(actual.probability - expected.probability) < 1e-4)
                    if actual.label == expected.name { continue }
                    // Two names may change places where the oracle holds them all but equal.
                    let other = answer.top5.first { $0.name == actual.label }
                    #expect(
                        other.map { abs($0.logit - expected.logit) < 2e-3 } ?? false,
                        "picture \(answer.row): \(actual.label) where the oracle says \(expected.name)")
                }
            }
        }
    }

    @Test func weightsFileIsNamedByItsDigest() throws {
        let weights = try RealWeights.load()
        #expect(weights.classes == 1000)
        #expect(weights.version.count == 12)
        #expect(weights.version.allSatisfy { $0.isHexDigit && !$0.isUppercase })
    }

    @Test func imageNetLabelsAreThePublishedOnes() throws {
        let names = try JSONDecoder().decode(
            [String].self, from: Data(contentsOf: SharedFiles.model("imagenet-class-names.json")))
        #expect(Labels.imageNet == names)
    }
}
