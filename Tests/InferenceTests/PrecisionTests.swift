import Foundation
import Images
import Testing
import Threads

@testable import Inference

/// bfloat16 and 8-bit integers beside float32.
@Suite struct PrecisionTests {
    private static let weights = Result { try RandomWeights.load() }
    private let pictures = (0..<12).map { Pictures.random(width: 32, height: 32, seed: $0) }

    private func model(
        _ weights: ModelWeights, _ precision: Precision, _ inputSize: InputSize? = nil
    ) throws -> Model {
        try Model(weights: weights, precision: precision, inputSize: inputSize, shim: ShimLibrary.open())
    }

    private func calibrated(_ weights: ModelWeights, _ inputSize: InputSize? = nil) throws -> ModelWeights {
        var calibrator = RangeCalibrator(try model(weights, .f32, inputSize))
        try calibrator.measure(pictures)
        try calibrator.count(pictures)
        return weights.calibrated(try calibrator.ranges())
    }

    /// The mean difference of the probabilities of the classes that f32 names.
    private func difference(_ precision: Precision, _ weights: ModelWeights) throws -> Float {
        let answers = try [.f32, precision].map { try model(weights, $0).classify(pictures) }
        let differences = zip(answers[0], answers[1]).map { exact, other in
            let best = exact.indices.max { exact[$0] < exact[$1] }!
            return abs(exact[best] - other[best])
        }
        return differences.reduce(0, +) / Float(differences.count)
    }

    /// Seven bits are exact on any processor, eight where it says so.
    @Test func sumsOfIntegersAreExact() throws {
        let shim = try ShimLibrary.open()
        #expect(shim.addsExactly(weight: 63) == true)
        #expect(shim.addsExactly(weight: 127) == shim.isNative(.int8))
        #expect(shim.addsExactly(weight: 0) == nil)
    }

    @Test func int8IsCloseToF32() throws {
        let weights = try calibrated(Self.weights.get())
        #expect(try difference(.int8, weights) < 0.02)
        #expect(try model(weights, .int8).modelVersion == "\(weights.version)-int8")
    }

    @Test func bf16IsCloseToF32() throws {
        let weights = try Self.weights.get()
        guard try ShimLibrary.open().isNative(.bf16) else {
            let error = expectError(.precision) { try model(weights, .bf16) }
            #expect(error?.contains("no instructions for bfloat16") == true)
            return
        }
        #expect(try difference(.bf16, weights) < 0.005)
    }

    /// What the network is given as pixels and what it is given as numbers is the same.
    @Test func int8TakesNormalisedInputToo() throws {
        let model = try model(calibrated(Self.weights.get()), .int8)
        let picture = Pictures.random(width: 64, height: 64, seed: 5)
        let scores = try model.logits(
            Pictures.prepared(picture, size: model.inputSize, model.weights.normalization), count: 1)[0]
        let exponents = scores.map { exp($0 - scores.max()!) }
        let expected = exponents.map { $0 / exponents.reduce(0, +) }
        for (actual, expected) in zip(try model.classify([picture])[0], expected) {
            #expect(abs(actual - expected) < 1e-5)
        }
    }

    /// Also where the last stages have 4×4 and 2×2, 5×7 and 3×4 positions: a batch is laid out as one picture there.
    @Test(arguments: [(64, 64), (72, 104)], [Precision.f32, .int8])
    func batchesEqualSingleAnswers(sides: (height: Int, width: Int), precision: Precision) throws {
        let size = try InputSize(height: sides.height, width: sides.width)
        let model = try model(calibrated(Self.weights.get(), size), precision, size)
        let single = try pictures.map { try model.classify([$0])[0] }
        for count in [1, 2, 3, 8, 12] {
            for (one, other) in zip(single, try model.classify(Array(pictures.prefix(count)))) {
                #expect(zip(one, other).allSatisfy { abs($0 - $1) < 1e-4 })
            }
        }
    }

    /// A convolution prepares itself in its first call, which another thread's first may not come into.
    @Test(arguments: [Precision.f32, .int8])
    func firstCallsMayComeAtOnce(precision: Precision) throws {
        let size = try InputSize(height: 32, width: 32)
        let weights = try calibrated(Self.weights.get(), size)
        let expected = try model(weights, precision, size).classify(pictures)
        let threads = 4
        for _ in 0..<6 {
            let model = try model(weights, precision, size)
            for count in 2...pictures.count {
                let answers = Monitor([Result<[[Float]], any Error>]())
                let started = Monitor(0)
                let streams = (0..<threads).map { stream in
                    OSThread(name: "stream \(stream)") {
                        started.update { $0 += 1 }
                        while started.read({ $0 }) < threads {}
                        let answer = Result { try model.classify(Array(pictures.prefix(count))) }
                        answers.update { $0.append(answer) }
                    }
                }
                for stream in streams { stream.join() }
                #expect(answers.read { $0.count } == threads)
                for answer in try answers.read({ $0 }).map({ try $0.get() }) {
                    #expect(answer.count == count)
                    for (one, other) in zip(answer, expected) {
                        #expect(zip(one, other).allSatisfy { abs($0 - $1) < 1e-4 })
                    }
                }
            }
        }
    }

    @Test func autoTakesWhatTheProcessorAndTheFileAreMadeFor() throws {
        let shim = try ShimLibrary.open()
        let weights = try Self.weights.get()
        let floating = shim.isNative(.bf16) ? Precision.bf16 : .f32
        #expect(try model(weights, .auto).precision == floating)
        #expect(try model(calibrated(weights), .auto).precision == (shim.isNative(.int8) ? .int8 : floating))
    }

    @Test func int8NeedsCalibratedWeights() throws {
        let message = expectError(.precision) { try model(Self.weights.get(), .int8) }
        #expect(message?.contains("iotpipe calibrate") == true)
    }

    @Test func aWrittenFileIsReadAsItWas() throws {
        let weights = try calibrated(Self.weights.get())
        let again = try TemporaryFolder.load(SafetensorsWriter.bytes(of: weights, notes: ["calibrated_on": "pictures"]))
        #expect(again.activationRanges == weights.activationRanges)
        #expect(again.labels == weights.labels && again.inputSize == weights.inputSize)
        #expect(again.normalization == weights.normalization)
        let answers = try [weights, again].map { try model($0, .int8).classify(pictures) }
        #expect(answers[0] == answers[1])
    }

    @Test(arguments: ["[1,2,3]", "[]", "x", "[" + Array(repeating: "0", count: 53).joined(separator: ",") + "]"])
    func rangesThatCannotBeAreRefused(ranges: String) throws {
        let bytes = try SafetensorsFile.lastLayer(classes: 10, metadata: ["activation_ranges": ranges])
        let message = expectError(.weightsFormat) { try TemporaryFolder.load(bytes) }
        #expect(message?.contains("activation_ranges") == true, "\(message ?? "")")
    }

    // MARK: The choice of a range

    @Test func rangeCutsOffWhatIsRare() {
        var counts = [UInt64](repeating: 0, count: 2048)
        for bin in 0..<200 { counts[bin] = 10_000 }
        counts[2047] = 1
        let range = RangeCalibrator.range(of: counts[...], limit: 1, steps: 255)
        #expect(range > 0.09 && range < 0.5, "\(range)")
    }

    @Test func rangeKeepsWhatIsCommon() {
        let counts = [UInt64](repeating: 1_000, count: 2048)
        #expect(RangeCalibrator.range(of: counts[...], limit: 4, steps: 255) > 3.9)
        #expect(RangeCalibrator.range(of: counts[...], limit: 0, steps: 255) == 1)
    }
}
