import Foundation

/// The top five that ONNX Runtime found for the first 64 images of the test split, with the same weights.
struct Oracle: Decodable {
    struct Answer: Decodable {
        let name: String
        let logit: Double
    }

    struct Image: Decodable {
        let row: Int
        let top5: [Answer]

        /// Whether the names are the expected ones in order; two may swap where the logits are closer than 2e-3.
        func agrees(with names: [String]) -> Bool {
            guard names.count == top5.count else { return false }
            return names.indices.allSatisfy { index in
                guard let expected = top5.firstIndex(where: { $0.name == names[index] }) else { return false }
                return expected == index || abs(top5[expected].logit - top5[index].logit) < 2e-3
            }
        }
    }

    let images: [Image]

    static func load() throws -> Oracle {
        let path = "\(Surroundings.shared)/models/reference-cifar-test-0-63.json"
        return try JSONDecoder().decode(Oracle.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
