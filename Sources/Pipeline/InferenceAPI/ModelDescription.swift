import Events
import HTTP
import Inference

/// The short answers of the inference API.
enum ModelDescription {
    /// `GET /v2`.
    static func server(version: String) -> HTTPServer.Response {
        var writer = JSONWriter(capacity: 128)
        writer.raw("{\"name\":\"iotpipe\",\"version\":")
        writer.string(version)
        writer.raw(",\"extensions\":[\"binary_tensor_data\",\"classification\"]}")
        return .json(writer.bytes)
    }

    /// `GET /v2/models/NAME`: the tensors, -1 where a size is free.
    static func model(_ model: ServedModel) -> HTTPServer.Response {
        var writer = JSONWriter(capacity: 1_024)
        writer.raw("{\"name\":")
        writer.string(ServedModel.name)
        writer.raw(",\"versions\":[")
        writer.string(model.version)
        writer.raw("],\"platform\":\"iotpipe_resnet50\",\"inputs\":[{\"name\":\"image\",\"datatype\":\"UINT8\",")
        writer.raw("\"shape\":[-1,-1,-1,3]}],\"outputs\":[{\"name\":\"probabilities\",\"datatype\":\"FP32\",")
        writer.raw("\"shape\":[-1,\(model.labels.count)]},{\"name\":\"label\",\"datatype\":\"BYTES\",\"shape\":[-1]}],")
        writer.raw("\"parameters\":{\"precision\":")
        writer.string(model.precision)
        writer.raw(",\"input_height\":\(model.inputSize.height),\"input_width\":\(model.inputSize.width)}}")
        return .json(writer.bytes)
    }

    /// `GET /v2/models/NAME/ready`.
    static func ready(_ model: ServedModel) -> HTTPServer.Response {
        .json("{\"name\":\"\(ServedModel.name)\",\"ready\":true}")
    }

    /// `POST /classify`.
    static func classified(_ model: ServedModel, top: [ClassScore]) -> HTTPServer.Response {
        var writer = JSONWriter(capacity: 1_024)
        writer.raw("{\"model\":")
        writer.string(ServedModel.name)
        writer.raw(",\"modelVersion\":")
        writer.string(model.version)
        writer.raw(",\"top5\":[")
        for (position, score) in top.enumerated() {
            writer.raw(position == 0 ? "{\"label\":" : ",{\"label\":")
            writer.string(score.label)
            writer.raw(",\"index\":\(score.index),\"probability\":\(score.probability)}")
        }
        writer.raw("]}")
        return .json(writer.bytes)
    }
}

extension HTTPServer.Response {
    /// JSON text.
    static func json(_ text: String) -> HTTPServer.Response { json(Array(text.utf8)) }

    /// JSON text.
    static func json(_ bytes: [UInt8]) -> HTTPServer.Response {
        HTTPServer.Response(contentType: "application/json", body: bytes)
    }
}
