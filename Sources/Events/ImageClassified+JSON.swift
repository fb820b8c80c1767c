import FoundationEssentials

// The value's JSON by hand: this one shape is written once and read twice for every image. On one core of an AMD EPYC,
// with the headers, writing takes 3 µs and reading 7; JSONEncoder and JSONDecoder of FoundationEssentials took 13 and 16
// for the value alone.

extension ImageClassified {
    /// The message value, by `schemas/image-classified-v1.schema.json`. Probabilities must be finite.
    var json: [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        writer.raw("{\"imageId\":")
        writer.quoted { imageID.append(to: &$0) }
        writer.raw(",\"deviceId\":")
        writer.string(deviceID)
        writer.raw(",\"capturedAt\":")
        writer.quoted { capturedAt.append(to: &$0) }
        writer.raw(",\"model\":")
        writer.string(model)
        writer.raw(",\"modelVersion\":")
        writer.string(modelVersion)
        writer.raw(",\"precision\":")
        writer.string(precision)
        writer.raw(",\"top5\":")
        ImageClassified.write(top5, to: &writer)
        writer.raw(",\"receivedAt\":")
        writer.quoted { receivedAt.append(to: &$0) }
        writer.raw(",\"decodedAt\":")
        writer.quoted { decodedAt.append(to: &$0) }
        writer.raw(",\"inferredAt\":")
        writer.quoted { inferredAt.append(to: &$0) }
        writer.raw("}")
        return writer.bytes
    }

    /// `top5` alone, as in the message value: what the database keeps of it.
    public var top5JSON: [UInt8] {
        var writer = JSONWriter(capacity: 512)
        ImageClassified.write(top5, to: &writer)
        return writer.bytes
    }

    private static func write(_ predictions: [Prediction], to writer: inout JSONWriter) {
        writer.raw("[")
        for (position, prediction) in predictions.enumerated() {
            writer.raw(position == 0 ? "{\"label\":" : ",{\"label\":")
            writer.string(prediction.label)
            writer.raw(",\"index\":")
            writer.raw(String(prediction.index))
            writer.raw(",\"probability\":")
            writer.raw(prediction.probability.description)
            writer.raw("}")
        }
        writer.raw("]")
    }

    // MARK: - Reading

    /// Reads the message value. Unknown fields are passed over, so that a later minor version can add some.
    init(json: UnsafeBufferPointer<UInt8>, trace: TraceContext) throws(EventError) {
        var imageID: UUID?
        var deviceID: String?
        var model: String?
        var modelVersion: String?
        var precision: String?
        var capturedAt: Timestamp?
        var receivedAt: Timestamp?
        var decodedAt: Timestamp?
        var inferredAt: Timestamp?
        var top5: [Prediction]?

        var reader = JSONReader(json)
        try reader.beginObject(nil)
        while let name = try reader.nextName() {
            switch name {
            case "imageId": imageID = try ImageClassified.identifier(from: &reader, "imageId")
            case "deviceId": deviceID = try reader.string("deviceId")
            case "model": model = try reader.string("model")
            case "modelVersion": modelVersion = try reader.string("modelVersion")
            case "precision": precision = try reader.string("precision")
            case "capturedAt": capturedAt = try ImageClassified.time(from: &reader, "capturedAt")
            case "receivedAt": receivedAt = try ImageClassified.time(from: &reader, "receivedAt")
            case "decodedAt": decodedAt = try ImageClassified.time(from: &reader, "decodedAt")
            case "inferredAt": inferredAt = try ImageClassified.time(from: &reader, "inferredAt")
            case "top5": top5 = try ImageClassified.predictions(from: &reader)
            default: try reader.skipValue()
            }
        }
        try reader.end()
        self.init(
            imageID: try required(imageID, "imageId"), deviceID: try required(deviceID, "deviceId"),
            capturedAt: try required(capturedAt, "capturedAt"), model: try required(model, "model"),
            modelVersion: try required(modelVersion, "modelVersion"), precision: try required(precision, "precision"),
            top5: try required(top5, "top5"), receivedAt: try required(receivedAt, "receivedAt"),
            decodedAt: try required(decodedAt, "decodedAt"), inferredAt: try required(inferredAt, "inferredAt"),
            trace: trace)
    }

    private static func predictions(from reader: inout JSONReader) throws(EventError) -> [Prediction] {
        var predictions: [Prediction] = []
        predictions.reserveCapacity(5)
        try reader.beginArray("top5")
        while try reader.nextElement() {
            var label: String?
            var index: Int?
            var probability: Double?
            try reader.beginObject("top5")
            while let name = try reader.nextName() {
                switch name {
                case "label": label = try reader.string("top5.label")
                case "index": index = try reader.integer("top5.index")
                case "probability": probability = try reader.number("top5.probability")
                default: try reader.skipValue()
                }
            }
            predictions.append(
                Prediction(
                    label: try required(label, "top5.label"), index: try required(index, "top5.index"),
                    probability: try required(probability, "top5.probability")))
        }
        return predictions
    }

    private static func identifier(from reader: inout JSONReader, _ name: StaticString) throws(EventError) -> UUID {
        let text = try reader.text(name)
        guard let identifier = text.withBytes({ UUID(ascii: $0) }) else {
            throw EventError(
                code: .invalidValue, message: "field \(name): \(EventError.quoted(text.string.utf8)) is not a UUID")
        }
        return identifier
    }

    private static func time(from reader: inout JSONReader, _ name: StaticString) throws(EventError) -> Timestamp {
        let text = try reader.text(name)
        guard let time = text.withBytes({ Timestamp(ascii: $0) }) else {
            throw EventError(
                code: .invalidValue,
                message:
                    "field \(name): \(EventError.quoted(text.string.utf8)) is not an RFC 3339 time from 1970 to 2261")
        }
        return time
    }
}

/// The field, which must have been there.
private func required<Value>(_ value: Value?, _ name: String) throws(EventError) -> Value {
    guard let value else { throw EventError(code: .invalidValue, message: "field \(name) is missing; send it") }
    return value
}
