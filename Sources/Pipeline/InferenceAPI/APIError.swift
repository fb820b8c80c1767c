import HTTP

/// Why a request of the inference API is not answered, as its client is told.
struct APIError: Error, Equatable {
    /// The status of HTTP.
    let status: Int
    /// What is wrong, where, and what to do.
    let message: String
    var headers: [String: String] = [:]

    init(_ status: Int, _ message: String, headers: [String: String] = [:]) {
        self.status = status
        self.message = message
        self.headers = headers
    }

    /// 400: the request itself is wrong.
    static func malformed(_ message: String) -> APIError { APIError(400, message) }

    /// 404.
    static func missing(_ message: String) -> APIError { APIError(404, message) }

    /// Tells the client to come back in a second.
    static func later(_ status: Int, _ message: String) -> APIError {
        APIError(status, message, headers: ["Retry-After": "1"])
    }

    static func refusal(_ refusal: InferenceService.Refusal) -> APIError {
        switch refusal {
        case .notReady: .later(503, "the model is not ready: ask /v2/health/ready, and try again then")
        case .full: .later(503, "too many pictures wait for the model: try again in a second")
        case .timedOut: .later(504, "the model has not answered in time: send fewer pictures, or try again later")
        }
    }

    /// The answer.
    var response: HTTPServer.Response { .error(message, status: status, headers: headers) }
}
