import Foundation
import Images
import Synchronization
import Testing
import Threads

@testable import Inference

/// The model with random weights: what holds for any weights.
@Suite struct ModelTests {
    private static let weights = Result { try RandomWeights.load() }

    private func model(threads: Int = 1, inputSize: InputSize? = nil) throws -> Model {
        try Model(
            weights: Self.weights.get(), precision: .f32, threads: threads, inputSize: inputSize,
            shim: ShimLibrary.open())
    }

    private func largestDifference(_ left: [Float], _ right: [Float]) -> Float {
        left.count == right.count ? zip(left, right).map { abs($0 - $1) }.max() ?? 0 : .infinity
    }

    @Test func probabilitiesAreSound() throws {
        let model = try model()
        for row in try model.classify((0..<3).map { Pictures.random(width: 32, height: 32, seed: $0) }) {
            #expect(row.count == 10)
            #expect(row.allSatisfy { $0.isFinite && $0 >= 0 && $0 < 1 })
            #expect(abs(row.reduce(0, +) - 1) < 1e-5)
        }
        #expect(model.modelVersion == "\(model.weights.version)-f32")
    }

    @Test func noPicturesGiveNoAnswers() throws {
        #expect(try model().classify([]) == [])
    }

    @Test func batchesOfMixedSizesEqualSingleAnswers() throws {
        let model = try model(threads: 2)
        let sizes = [(32, 32), (64, 64), (100, 50), (7, 200), (224, 224), (1, 1), (65, 63), (300, 301)]
        let pictures = sizes.enumerated().map {
            Pictures.random(width: $1.0, height: $1.1, seed: UInt64($0))
        }
        let single = try pictures.map { try model.classify([$0])[0] }
        for count in 1...8 {
            let together = try model.classify(Array(pictures.prefix(count)))
            for (one, other) in zip(single, together) { #expect(largestDifference(one, other) < 1e-4) }
        }
    }

    @Test(arguments: [(64, 64), (32, 32), (33, 47), (100, 50), (301, 200), (1, 1), (64, 3)])
    func preparationIsBilinearWithAntialiasing(width: Int, height: Int) throws {
        let model = try model()
        let picture = Pictures.random(width: width, height: height, seed: 3)
        let input = Pictures.prepared(picture, size: model.inputSize, model.weights.normalization)
        let scores = try model.logits(input, count: 1)[0]
        let highest = scores.max()!
        let exponents = scores.map { exp($0 - highest) }
        let expected = exponents.map { $0 / exponents.reduce(0, +) }
        let actual = try model.classify([picture])[0]
        #expect(largestDifference(actual, expected) < 1e-5)
    }

    @Test func manyThreadsMayClassifyAtOnce() throws {
        let model = try model()
        let pictures = (0..<4).map { Pictures.random(width: 40, height: 40, seed: UInt64($0)) }
        let expected = try model.classify(pictures)
        let wrong = Atomic<Int>(0)
        let threads = (1...4).map { count in
            OSThread(name: "classify") {
                for _ in 0..<5 {
                    // Batch sizes that differ between the threads, some of them new to the model.
                    guard let rows = try? model.classify(Array(pictures.prefix(count))),
                        zip(rows, expected).allSatisfy({ self.largestDifference($0, $1) < 1e-4 })
                    else {
                        wrong.add(1, ordering: .relaxed)
                        continue
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    @Test(arguments: [(32, 32), (33, 65), (96, 64), (40, 200)])
    func anyInputSizeFrom32PixelsWorks(height: Int, width: Int) throws {
        let model = try model(inputSize: InputSize(height: height, width: width))
        let row = try model.classify([Pictures.random(width: 32, height: 32, seed: 1)])[0]
        #expect(row.allSatisfy { $0.isFinite })
    }

    @Test func warmUpRunsEveryBatchSize() throws {
        try model().warmUp(batches: [1, 2, 3])
    }

    @Test func topIsSortedAndNamesTheLabels() throws {
        let model = try model()
        let row: [Float] = [0.1, 0.3, 0.05, 0.3, 0, 0, 0.2, 0, 0.04, 0.01]
        let best = model.top(3, of: row)
        #expect(best.map(\.index) == [1, 3, 6])
        #expect(best.map(\.label) == ["class 1", "class 3", "class 6"])
        #expect(best.map(\.probability) == [0.3, 0.3, 0.2])
        #expect(model.top(20, of: row).count == 10)
        #expect(model.top(0, of: row).isEmpty)
    }

    @Test func namesOfTheClassesAreKnown() throws {
        let model = try model()
        #expect(model.knows("class 9") && !model.knows("class 10") && !model.knows(""))
    }

    // MARK: Refusals

    @Test func unknownDeviceAndThreadCountAreRefused() throws {
        let weights = try Self.weights.get()
        let shim = try ShimLibrary.open()
        #expect { try Model(weights: weights, device: "cuda:0", shim: shim) } throws: {
            ($0 as? InferenceError)?.code == .device
        }
        #expect { try Model(weights: weights, threads: 0, shim: shim) } throws: {
            ($0 as? InferenceError)?.code == .invalidArgument
        }
    }

    @Test func logitsOfTheWrongCountAreRefused() throws {
        let model = try model()
        #expect { try model.logits([0, 0, 0], count: 1) } throws: {
            ($0 as? InferenceError)?.code == .invalidArgument
        }
        #expect { try model.logits([], count: .max) } throws: {
            ($0 as? InferenceError)?.code == .invalidArgument
        }
    }

    @Test func aBatchBeyondTheLimitIsRefused() throws {
        let picture = Pictures.random(width: 1, height: 1, seed: 1)
        #expect { try model().classify([RGBImage](repeating: picture, count: Model.largestBatch + 1)) } throws: {
            ($0 as? InferenceError)?.code == .invalidArgument
        }
    }

    @Test func missingTensorIsNamed() throws {
        let bytes = try SafetensorsFile.resNet50 { $0 == "layer3.4.bn2.running_var" ? nil : $1 }
        let weights = try TemporaryFolder.load(bytes)
        #expect { try Model(weights: weights, shim: ShimLibrary.open()) } throws: {
            let error = $0 as? InferenceError
            return error?.code == .weightsMissingTensor && error?.message.contains("layer3.4.bn2.running_var") == true
        }
    }

    @Test func wrongShapeIsNamedWithBothShapes() throws {
        let bytes = try SafetensorsFile.resNet50 { $0 == "layer2.0.conv2.weight" ? [128, 128, 1, 1] : $1 }
        let weights = try TemporaryFolder.load(bytes)
        #expect { try Model(weights: weights, shim: ShimLibrary.open()) } throws: {
            let error = $0 as? InferenceError
            return error?.code == .weightsShape && error?.message.contains("layer2.0.conv2.weight") == true
                && error?.message.contains("[128, 128, 1, 1]") == true
                && error?.message.contains("[128, 128, 3, 3]") == true
        }
    }

    @Test func tensorOfAnotherNetworkIsNamed() throws {
        let bytes = try SafetensorsFile.resNet50(extra: ("layer3.6.bn1.bias", [256]))
        let weights = try TemporaryFolder.load(bytes)
        #expect { try Model(weights: weights, shim: ShimLibrary.open()) } throws: {
            let error = $0 as? InferenceError
            return error?.code == .weightsMissingTensor && error?.message.contains("layer3.6.bn1.bias") == true
        }
    }
}
