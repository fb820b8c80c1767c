import Images

/// A picture of an HTTP request that waits for the model.
struct RequestedImage: Sendable {
    let image: RGBImage
    /// The request, and the picture's place in it.
    let request: UInt64
    let row: Int
}
