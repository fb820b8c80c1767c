import Foundation
import Images
import Testing

@testable import Inference

@Suite struct ModelWeightsTests {
    private let names = (0..<10).map { "thing \($0)" }

    private func metadata(_ changes: [String: String?] = [:]) -> [String: String] {
        // What the trainer writes.
        var values: [String: String?] = [
            "format": "pt", "architecture": "resnet50",
            "labels": "[" + names.map { "\"\($0)\"" }.joined(separator: ", ") + "]", "mean": "[0.5071, 0.4865, 0.4409]",
            "std": "[0.2673, 0.2564, 0.2762]", "input_size": "48", "top1": "0.7501", "top5": "0.9300",
            "data": "CIFAR-100 train split", "recipe": "{\"minutes\": 9, \"epochs\": 1.5}",
        ]
        values.merge(changes) { $1 }
        return values.compactMapValues { $0 }
    }

    private func refusal(_ bytes: [UInt8]) -> InferenceError? {
        do {
            _ = try TemporaryFolder.load(bytes)
            return nil
        } catch {
            return error as? InferenceError
        }
    }

    @Test func metadataOfTheTrainerAreUsed() throws {
        let weights = try TemporaryFolder.load(SafetensorsFile.resNet50(metadata: metadata()))
        #expect(weights.labels == names)
        #expect(weights.normalization.mean == [0.5071, 0.4865, 0.4409])
        #expect(weights.normalization.deviation == [0.2673, 0.2564, 0.2762])
        #expect(weights.inputSize.description == "48x48")
        let model = try Model(weights: weights, precision: .f32, shim: ShimLibrary.open())
        #expect(model.modelVersion == weights.version + "-f32")
        let row = try model.classify([Pictures.random(width: 32, height: 32, seed: 1)])[0]
        #expect(names.contains(model.top(1, of: row)[0].label))
    }

    @Test func notesOfAFileStayWhenItIsWrittenAgain() throws {
        let weights = try TemporaryFolder.load(SafetensorsFile.resNet50(metadata: metadata()))
        #expect(weights.notes["data"] == "CIFAR-100 train split")
        #expect(weights.notes["labels"] == nil)
        let notes = ["data": "other", "more": "1"]
        let again = try TemporaryFolder.load(SafetensorsWriter.bytes(of: weights, notes: notes))
        #expect(again.notes["recipe"] == weights.notes["recipe"])
        #expect(again.notes["data"] == "other" && again.notes["more"] == "1")
        #expect(again.labels == names)
    }

    @Test func filesWithoutMetadataTakeWhatIsUsualForTheirClasses() throws {
        let imageNet = try TemporaryFolder.load(SafetensorsFile.lastLayer(classes: 1000))
        #expect(imageNet.labels == Labels.imageNet)
        #expect(imageNet.inputSize.description == "224x224")
        #expect(imageNet.normalization == .imageNet)
        let cifar = try TemporaryFolder.load(SafetensorsFile.lastLayer(classes: 100))
        #expect(cifar.labels == CIFAR100Labels.fine)
        #expect(cifar.inputSize.description == "64x64")
    }

    @Test(
        arguments: [
            ("labels", "[\"a\", \"b\"]"), ("labels", "[]"), ("labels", "a,b"), ("labels", "[1]"), ("std", nil),
            ("mean", nil), ("std", "[0.2, 0.2]"), ("std", "[0.2, 0, 0.2]"), ("std", "[0.2, -1, 0.2]"),
            ("mean", "[1e99, 0, 0]"), ("mean", "0.5"), ("input_size", "31"), ("input_size", "big"),
            ("input_size", "64x64"), ("architecture", "resnet101"),
        ] as [(String, String?)])
    func contradictoryMetadataAreRefused(key: String, value: String?) throws {
        let error = refusal(try SafetensorsFile.lastLayer(classes: 10, metadata: metadata([key: value])))
        #expect(error?.code == .weightsFormat)
        #expect(error?.message.contains(key) == true || key == "mean" || key == "labels")
    }

    @Test func truncatedFileIsRefused() throws {
        let sound = try SafetensorsFile.lastLayer(classes: 10, metadata: metadata())
        for length in [0, 7, 8, 100, 4000, sound.count / 2, sound.count - 1] {
            let error = refusal(Array(sound.prefix(length)))
            #expect(error?.code == (length == 0 ? .weightsUnreadable : .weightsFormat))
        }
    }

    @Test func missingFileAndFolderAreRefused() {
        for path in ["/nonexistent/model.safetensors", "/tmp"] {
            #expect { try ModelWeights.load(path) } throws: {
                let error = $0 as? InferenceError
                return error?.code == .weightsUnreadable && error?.message.contains(path) == true
            }
        }
    }

    @Test func formatBeforePyTorch16IsExplained() {
        let magic: [UInt8] = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
        #expect(refusal(magic)?.message.contains("1.6") == true)
    }

    @Test func filesWithoutTheLastLayerAreRefused() throws {
        #expect(refusal(try SafetensorsFile.resNet50 { $0 == "fc.weight" ? nil : $1 })?.code == .weightsMissingTensor)
        #expect(refusal(try SafetensorsFile.resNet50 { $0 == "fc.weight" ? [20] : $1 })?.code == .weightsShape)
    }

    @Test func versionIsTheFilesDigest() throws {
        let bytes = try SafetensorsFile.lastLayer(classes: 10)
        let weights = try TemporaryFolder.load(bytes)
        let digest = try bytes.withUnsafeBytes { try SHA256.hex($0) }
        #expect(weights.version == String(digest.prefix(12)))
        #expect(weights.byteCount == bytes.count)
    }
}
