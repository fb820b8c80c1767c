import Events

extension HTTPServer {
    /// What a handler answers.
    public struct Response: Sendable, Equatable {
        /// The status code.
        public let status: Int
        /// The media type of the body.
        public let contentType: String
        /// The body, sent with its length.
        public let body: [UInt8]
        /// More headers; one that HTTP does not allow (a line break in it) is left out.
        public let headers: [String: String]

        /// An answer of any bytes.
        public init(status: Int = 200, contentType: String, body: [UInt8], headers: [String: String] = [:]) {
            self.status = status
            self.contentType = contentType
            self.body = body
            self.headers = headers
        }

        /// An answer of plain text, to which a newline is added.
        public static func text(_ text: String, status: Int = 200, headers: [String: String] = [:]) -> Response {
            Response(
                status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8) + [0x0A],
                headers: headers)
        }

        /// An answer that says what is wrong: `{"error": "…"}`.
        public static func error(_ message: String, status: Int, headers: [String: String] = [:]) -> Response {
            var writer = JSONWriter(capacity: 64 + message.utf8.count)
            writer.raw("{\"error\":")
            writer.string(message)
            writer.raw("}")
            return Response(status: status, contentType: "application/json", body: writer.bytes, headers: headers)
        }

        /// 404.
        public static let notFound = error("not found", status: 404)

        /// 405, naming the methods that the path does have.
        public static func methodNotAllowed(allowed: [String]) -> Response {
            let list = allowed.joined(separator: ", ")
            return error("method not allowed; allowed here: \(list)", status: 405, headers: ["Allow": list])
        }
    }
}
