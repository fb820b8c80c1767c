import Events
import Foundation
import Kafka

@testable import Pipeline

/// Events to send and to answer with.
enum Samples {
    static func captured(
        id: UUID = EventIdentifier.make(), device: String = "cam-1", at stamp: Timestamp = .now, label: String? = nil,
        bytes: Int = 100
    ) -> ImageCaptured {
        ImageCaptured(
            id: id, deviceID: device, capturedAt: stamp, label: label, trace: TraceContext.make(),
            png: Array(repeating: 7, count: bytes))
    }

    static func classified(
        id: UUID = EventIdentifier.make(), device: String = "cam-1", at stamp: Timestamp = .now,
        label: String = "apple", delay nanoseconds: Int64 = 0
    ) -> ImageClassified {
        ImageClassified(
            imageID: id, deviceID: device, capturedAt: stamp, model: "resnet50", modelVersion: "0123456789ab-f32",
            precision: "f32", top5: [Prediction(label: label, index: 0, probability: 0.75)],
            receivedAt: stamp.adding(nanoseconds: nanoseconds + 1),
            decodedAt: stamp.adding(nanoseconds: nanoseconds + 2),
            inferredAt: stamp.adding(nanoseconds: nanoseconds + 3), trace: TraceContext.make())
    }

    static func deadLetter(about id: UUID?, offset: Int64 = 0) -> DeadLetter {
        DeadLetter(
            stage: .infer, errorCode: "image-corrupt", message: "the picture ends early", sourceTopic: "iot.images",
            partition: 0, offset: offset, key: Array("cam-1".utf8), value: [1], headers: [], imageID: id,
            occurredAt: .now)
    }

    /// An event that any bytes make up.
    static func event(_ text: String, headers: [MessageHeader] = []) -> EncodedEvent {
        EncodedEvent(key: Array("key".utf8), value: Array(text.utf8), headers: headers)
    }
}
