import Testing

@testable import Inference
@testable import Pipeline

@Suite struct EvaluationTests {
    private func top(_ scores: (String, Float)...) -> [ClassScore] {
        scores.enumerated().map { ClassScore(index: $0, label: $1.0, probability: $1.1) }
    }

    @Test func answersAreCountedByTheLabelsOfThePictures() {
        var evaluation = Evaluation(names: ["cat", "dog", "fox"])
        evaluation.add(label: "cat", top: top(("cat", 0.9), ("dog", 0.1)))
        evaluation.add(label: "cat", top: top(("dog", 0.6), ("cat", 0.3)))
        evaluation.add(label: "dog", top: top(("fox", 0.8), ("cat", 0.2)))
        evaluation.add(label: nil, top: top(("cat", 1)))
        evaluation.add(label: "yeti", top: top(("cat", 1)))
        #expect(evaluation.images == 3)
        #expect(evaluation.right == 1)
        #expect(evaluation.amongFive == 2)
        #expect(evaluation.answers["cat"]?.predicted == ["cat": 1, "dog": 1])
        #expect(evaluation.answers["dog"]?.predicted == ["fox": 1])
        #expect(evaluation.unlabelled == 1)
        #expect(evaluation.unknown == ["yeti": 1])
        #expect(evaluation.leftOut == 2)
    }

    @Test func onlyTheFirstFiveCount() {
        var evaluation = Evaluation(names: ["a", "b", "c", "d", "e", "f"])
        let all = top(("a", 0.3), ("b", 0.2), ("c", 0.2), ("d", 0.1), ("e", 0.1), ("f", 0.1))
        evaluation.add(label: "e", top: all)
        evaluation.add(label: "f", top: all)
        #expect(evaluation.amongFive == 1)
    }

    @Test func calibrationErrorIsTheMeanGapOfTheBins() throws {
        var bins = CalibrationBins()
        #expect(bins.expectedError == nil)
        #expect(bins.meanConfidence == nil)
        // Two in the bin up to 1, sure of 0.95 and 1 and right once; two in the bin from 0.2 to 0.267, never right.
        bins.add(confidence: 0.95, isRight: true)
        bins.add(confidence: 1, isRight: false)
        bins.add(confidence: 0.21, isRight: false)
        bins.add(confidence: 0.25, isRight: false)
        let expected = (abs(0.95 + 1 - 1) + abs(0.21 + 0.25)) / 4
        #expect(abs(try #require(bins.expectedError) - expected) < 1e-12)
        #expect(abs(try #require(bins.meanConfidence) - 0.6025) < 1e-12)
    }

    @Test func confidenceAtTheEndOfABinBelongsToIt() throws {
        var bins = CalibrationBins()
        // 0.2 ends the third bin: with 0.19, which is right, not with 0.25.
        bins.add(confidence: 0.2, isRight: false)
        bins.add(confidence: 0.19, isRight: true)
        #expect(abs(try #require(bins.expectedError) - abs(0.39 - 1) / 2) < 1e-12)
        bins.add(confidence: 0, isRight: false)
        #expect(abs(try #require(bins.expectedError) - abs(0.39 - 1) / 3) < 1e-12)
    }

    @Test func placesAreTakenOnceEach() {
        var state = EvaluationState(streams: 2, images: 10, names: [])
        #expect(state.take(4) == 0..<4)
        #expect(state.take(4) == 4..<8)
        #expect(state.take(4) == 8..<10)
        #expect(state.take(4) == nil)
        state = EvaluationState(streams: 2, images: 10, names: [])
        state.hasFailed = true
        #expect(state.take(4) == nil)
    }
}
