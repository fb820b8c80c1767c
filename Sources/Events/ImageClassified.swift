import FoundationEssentials

/// A model has classified a picture: what the topic `iot.inferences` carries. The value is JSON, by
/// `schemas/image-classified-v1.schema.json`.
public struct ImageClassified: Sendable, Equatable {
    /// The `ce_type`.
    public static let type = "io.iotpipe.image.classified.v1"

    /// The image's identifier (`imageId`).
    public let imageID: UUID
    /// The device that took the image (`deviceId`); the message key.
    public let deviceID: String
    /// The instant the device meant to send the image.
    public let capturedAt: Timestamp
    /// The model's name.
    public let model: String
    /// The first 12 hexadecimal digits of the weights file's SHA-256, `-`, and the precision.
    public let modelVersion: String
    /// What the model computed in: `f32`, `bf16`, `int8`.
    public let precision: String
    /// The most likely classes, the likeliest first: one to five.
    public let top5: [Prediction]
    /// When the classifier had the message.
    public let receivedAt: Timestamp
    /// When the picture was decoded.
    public let decodedAt: Timestamp
    /// When the model had answered.
    public let inferredAt: Timestamp
    /// The trace of the image; it travels in the headers alone.
    public let trace: TraceContext

    /// An event from its parts; `encoded()` checks them.
    public init(
        imageID: UUID, deviceID: String, capturedAt: Timestamp, model: String, modelVersion: String, precision: String,
        top5: [Prediction], receivedAt: Timestamp, decodedAt: Timestamp, inferredAt: Timestamp, trace: TraceContext
    ) {
        self.imageID = imageID
        self.deviceID = deviceID
        self.capturedAt = capturedAt
        self.model = model
        self.modelVersion = modelVersion
        self.precision = precision
        self.top5 = top5
        self.receivedAt = receivedAt
        self.decodedAt = decodedAt
        self.inferredAt = inferredAt
        self.trace = trace
    }

    /// The `ce_id`: the same work always has the same one.
    public var eventID: String { imageID.lowercased + "/" + modelVersion }

    // MARK: - Message

    /// The event as a message, keyed by its device.
    ///
    /// - Throws: `EventError` with the code `invalidValue`: a probability that is no number from 0 to 1, predictions
    ///   that are not one to five in falling order, or a text that is empty, too long or holds U+0000.
    public func encoded() throws(EventError) -> EncodedEvent {
        try check()
        let (source, eventID) = (DeviceSource.limit(deviceID: deviceID), eventID)
        let headers = PackedHeaders(capacity: 400 + source + eventID.utf8.count) { headers in
            headers.put("ce_specversion", "1.0")
            headers.put("ce_id", eventID)
            headers.put("ce_source", upTo: source) { DeviceSource.write(deviceID: deviceID, to: $0) }
            headers.put("ce_type", ImageClassified.type)
            headers.put("ce_time", upTo: Timestamp.textLength, inferredAt.write)
            headers.put("ce_subject", upTo: UUID.textLength, imageID.write)
            headers.put("content-type", "application/json")
            headers.put("traceparent", upTo: TraceContext.textLength, trace.write)
            headers.putAgain("ce_traceparent")
        }
        return EncodedEvent(key: EncodedEvent.key(deviceID: deviceID), value: PinnedBytes(json), packedHeaders: headers)
    }

    /// Reads a message.
    ///
    /// - Throws: `EventError`: missing, malformed or unsupported headers; `malformedJSON`; `invalidValue` where the
    ///   value does not hold to the schema, or where `ce_id` is not the one that belongs to it.
    public init(headers: [MessageHeader], value: [UInt8]) throws(EventError) {
        let attributes = try CloudEventHeaders(headers, type: ImageClassified.type)
        _ = try attributes.deviceID()
        let id = try attributes.text("ce_id")
        let trace = attributes.trace()
        // Swift 6.0's arrays pass on untyped errors alone.
        let read = value.withUnsafeBufferPointer { bytes in
            Result { () throws(EventError) in try ImageClassified(json: bytes, trace: trace) }
        }
        self = try read.get()
        try check()
        guard id == eventID else {
            throw EventError(
                code: .invalidValue,
                message: "header ce_id: \(EventError.quoted(id.utf8)) is not the imageId/modelVersion of the value, "
                    + EventError.quoted(eventID.utf8))
        }
    }

    /// Refuses what the schema and the database would refuse.
    private func check() throws(EventError) {
        try EventText.check(deviceID, "field deviceId")
        try EventText.check(model, "field model")
        try EventText.check(modelVersion, "field modelVersion")
        try EventText.check(precision, "field precision")
        guard (1...5).contains(top5.count) else {
            throw EventError(code: .invalidValue, message: "field top5: \(top5.count) predictions; send 1 to 5")
        }
        var previous = 1.0
        for prediction in top5 {
            try EventText.check(prediction.label, "field top5.label")
            guard prediction.index >= 0 else {
                throw EventError(code: .invalidValue, message: "field top5.index: \(prediction.index) is below 0")
            }
            // Not a number is in no range.
            guard (0...1).contains(prediction.probability) else {
                throw EventError(
                    code: .invalidValue,
                    message: "field top5.probability: \(prediction.probability) is not within 0 and 1")
            }
            guard prediction.probability <= previous else {
                throw EventError(
                    code: .invalidValue, message: "field top5: put the predictions in falling order of probability")
            }
            previous = prediction.probability
        }
    }
}
