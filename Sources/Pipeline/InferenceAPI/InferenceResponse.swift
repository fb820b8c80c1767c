import Events
import HTTP
import Inference

/// The answer to an inference request.
struct InferenceResponse {
    let model: ServedModel
    let request: InferenceRequest
    /// For each picture the probability of each class.
    let rows: [[Float]]

    /// The answer as the protocol has it: JSON, and behind it the data of the binary outputs.
    func encoded() -> HTTPServer.Response {
        let wanted = request.outputs.isEmpty ? [.init(name: "probabilities"), .init(name: "label")] : request.outputs
        var writer = JSONWriter(capacity: 4_096)
        var binary: [UInt8] = []
        var hasBinary = false
        writer.raw("{\"model_name\":\"\(ServedModel.name)\",\"model_version\":")
        writer.string(model.version)
        if let id = request.id {
            writer.raw(",\"id\":")
            writer.string(id)
        }
        writer.raw(",\"outputs\":[")
        for (position, output) in wanted.enumerated() {
            if position > 0 { writer.raw(",") }
            let tensor = tensor(output)
            writer.raw("{\"name\":\"\(output.name)\",\"datatype\":\"\(tensor.datatype)\",\"shape\":[")
            writer.raw(tensor.shape.map(String.init).joined(separator: ","))
            if output.isBinary ?? request.prefersBinary {
                hasBinary = true
                let size = binary.count
                tensor.writeBinary(to: &binary)
                writer.raw("],\"parameters\":{\"binary_data_size\":\(binary.count - size)}}")
            } else {
                writer.raw("],\"data\":[")
                tensor.writeJSON(to: &writer)
                writer.raw("]}")
            }
        }
        writer.raw("]}")
        guard hasBinary else { return .json(writer.bytes) }
        return HTTPServer.Response(
            contentType: "application/octet-stream", body: writer.bytes + binary,
            headers: ["Inference-Header-Content-Length": String(writer.bytes.count)])
    }

    private func tensor(_ output: InferenceRequest.Output) -> OutputTensor {
        if let wanted = output.classification {
            // As Triton has it: value, index and name.
            let count = min(wanted, model.labels.count)
            return .texts(
                rows.flatMap { row in
                    ClassScore.best(count, of: row, labels: model.labels)
                        .map { "\($0.probability):\($0.index):\($0.label)" }
                }, shape: [rows.count, count])
        }
        if output.name == "label" {
            return .texts(
                rows.map { ClassScore.best(1, of: $0, labels: model.labels)[0].label }, shape: [rows.count])
        }
        return .numbers(rows, shape: [rows.count, model.labels.count])
    }
}
