import Images
import Inference
import Telemetry
import Testing
import Threads

@testable import Pipeline

@Suite struct InferenceServiceTests {
    private static let images = (0..<3).map { RGBImage(width: 1, height: 1, pixels: [$0, 0, 0]) }

    private func refusal(_ service: InferenceService) -> InferenceService.Refusal? {
        do throws(InferenceService.Refusal) {
            _ = try service.classify(Self.images)
            return nil
        } catch {
            return error
        }
    }

    @Test func answersComeInTheOrderOfThePictures() throws {
        let service = InferenceService(metrics: Metrics())
        let offered = BoundedQueue<RequestedImage>(capacity: 8)
        service.open(AnsweringModel.model) { items in items.allSatisfy { offered.push($0) } }
        let model = OSThread(name: "model") {
            // One after the other and the last first, as different batches may.
            let items = (0..<3).compactMap { _ in offered.pop() }
            for item in items.reversed() {
                service.answer([(item, [Float(item.image.pixels[0])])], by: AnsweringModel.model)
            }
        }
        defer { model.join() }
        #expect(try service.classify(Self.images).rows == [[0], [1], [2]])
    }

    @Test func nothingIsTakenBeforeTheModelIsWarm() {
        let service = InferenceService(metrics: Metrics())
        #expect(service.model == nil && refusal(service) == .notReady)
    }

    @Test func aFullQueueRefuses() {
        let service = InferenceService(metrics: Metrics())
        service.open(AnsweringModel.model) { _ in false }
        #expect(refusal(service) == .full)
    }

    @Test func whoWaitsTooLongIsToldSoAndItsPicturesAreGivenUp() {
        let service = InferenceService(metrics: Metrics(), patience: .milliseconds(10))
        let offered = Monitor<[RequestedImage]>([])
        service.open(AnsweringModel.model) { items in
            #expect(items.allSatisfy(service.awaits))
            offered.update { $0 = items }
            return true
        }
        #expect(refusal(service) == .timedOut)
        let items = offered.read { $0 }
        #expect(items.count == 3 && !items.contains(where: service.awaits))
        // An answer that comes late changes nothing.
        service.answer(items.map { ($0, [1]) }, by: AnsweringModel.model)
    }

    /// Weights are replaced between two batches of one request.
    @Test func answersOfTwoModelsAreNotMixed() throws {
        let service = InferenceService(metrics: Metrics())
        let next = ServedModel(
            version: "next", precision: "f32", labels: ["apple"], inputSize: AnsweringModel.model.inputSize)
        service.open(AnsweringModel.model) { items in
            service.answer([(items[0], [1])], by: AnsweringModel.model)
            service.replace(with: next)
            service.answer(items.dropFirst().map { ($0, [1]) }, by: next)
            return true
        }
        #expect(refusal(service) == .notReady)
        #expect(service.model?.version == "next")
    }

    @Test func theEndOfTheModelEndsTheWaiting() {
        let service = InferenceService(metrics: Metrics())
        let offered = Monitor(false)
        service.open(AnsweringModel.model) { _ in
            offered.update { $0 = true }
            return true
        }
        let role = OSThread(name: "role") {
            _ = offered.wait { $0 ? true : nil }
            service.refuse()
            service.close()
        }
        defer { role.join() }
        #expect(refusal(service) == .notReady)
        #expect(service.model == nil)
    }

    @Test func whatWaitsIsAnsweredAfterNoMoreIsTaken() throws {
        let service = InferenceService(metrics: Metrics())
        service.open(AnsweringModel.model) { items in
            service.refuse()
            service.answer(items.map { ($0, [1]) }, by: AnsweringModel.model)
            return true
        }
        #expect(try service.classify(Self.images).rows.count == 3)
        #expect(refusal(service) == .notReady)
    }
}
