import Images

/// What the model's batches are made of, wherever it came from.
enum ModelItem: Sendable {
    /// A message: its result goes to Kafka.
    case message(DecodedImage)
    /// A picture of a request: its probabilities go to whoever waits for them.
    case request(RequestedImage)

    /// The picture.
    var image: RGBImage {
        switch self {
        case .message(let item): item.image
        case .request(let item): item.image
        }
    }
}
