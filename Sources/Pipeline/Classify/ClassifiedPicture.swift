import Inference

/// What a picture is taken for, or why it is taken for nothing.
public struct ClassifiedPicture: Sendable, Encodable {
    /// One class.
    public struct Prediction: Sendable, Encodable {
        /// The class's name.
        public let label: String
        /// Its place in the model's list.
        public let index: Int
        /// 0 to 1.
        public let probability: Float
    }

    /// The picture's path; `-` is standard input.
    public let file: String
    /// The most probable classes, the most probable first; nil where there is an error.
    public let predictions: [Prediction]?
    /// Why it could not be read.
    public let error: String?
    /// What the error amounts to for the program's end.
    let status: ExitStatus

    init(file: String, scores: [ClassScore]) {
        self.file = file
        predictions = scores.map { Prediction(label: $0.label, index: $0.index, probability: $0.probability) }
        error = nil
        status = .success
    }

    init(file: String, error: any Error) {
        self.file = file
        predictions = nil
        self.error = "\(error)"
        status = ExitStatus(of: error)
    }

    /// `cat.png: tiger 93.1 %, leopard 2.0 %`; nil where there is an error.
    public var line: String? {
        predictions.map { predictions in
            let words = predictions.map { "\($0.label) \(Format.decimal(100 * Double($0.probability), 1)) %" }
            return "\(file): \(words.joined(separator: ", "))"
        }
    }

    enum CodingKeys: CodingKey { case file, predictions, error }
}
