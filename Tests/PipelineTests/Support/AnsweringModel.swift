import HTTP
import Inference
import Telemetry
import Threads

@testable import Pipeline

/// An inference service whose model finds in a picture the class that its first pixel's red names.
enum AnsweringModel {
    static let model = ServedModel(
        version: "0123456789ab-f32", precision: "f32", labels: ["apple", "bear \"b\"", "cräb", "dog", "elk", "fox"],
        inputSize: try! InputSize(height: 32, width: 32))

    /// One that answers before `offer` returns.
    static func service(patience: Duration = .seconds(30)) -> InferenceService {
        let service = InferenceService(metrics: Metrics(), patience: patience)
        service.open(model) { items in
            service.answer(items.map { ($0, probabilities(of: Int($0.image.pixels[0]))) }, by: model)
            return true
        }
        return service
    }

    /// 0.5 for that class, 0.1 for each other.
    static func probabilities(of index: Int) -> [Float] {
        model.labels.indices.map { $0 == index ? 0.5 : 0.1 }
    }
}

extension HTTPServer.Response {
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }
}
