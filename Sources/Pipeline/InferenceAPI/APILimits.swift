/// What one request of the inference API may bring, and all of them together: memory is bounded whatever is sent.
struct APILimits: Sendable {
    /// Bytes of a body: room for 3840×2160 pixels in binary form.
    var maxBody = 32 << 20
    /// Pictures in a request.
    var maxImages = 64
    /// Pixels in a request: of all its pictures.
    var maxPixels = 1 << 23
    /// Pixels of a side.
    var maxSide = 16_384
    /// Requests with pictures that are read or worked on at a time.
    var maxRequests = 32
    /// Memory for the bodies and decoded pictures of all of them.
    var maxBytes = 256 << 20
    /// Connections at a time, of all kinds.
    var maxConnections = 64
    /// For a request to arrive, and for its answer to leave.
    var timeout = Duration.seconds(30)
}
