import HTTP
import Telemetry

/// Serves `/health` and `/metrics` of a role, where `--http` asks for it, and the inference API of the classifier.
public final class StatusServer: Sendable {
    private let server: HTTPServer

    /// Starts listening.
    ///
    /// - Parameters:
    ///   - address: `HOST:PORT`.
    ///   - metrics: what `/metrics` shows.
    ///   - api: what answers the paths that it knows.
    /// - Throws: `HTTPError`, such as `addressInUse`.
    public init(address: String, metrics: Metrics, api: InferenceAPI? = nil) throws(HTTPError) {
        let limits =
            api.map { api in
                HTTPServer.Limits(
                    maxBody: api.limits.maxBody, maxConnections: api.limits.maxConnections, timeout: api.limits.timeout)
            } ?? HTTPServer.Limits(maxBody: 0)
        server = try HTTPServer(
            address: address, limits: limits,
            gate: { request in
                if let admission = api?.admission(request) { return admission }
                if request.method == "POST" { return .refused(StatusServer.response(request, metrics)) }
                return .admitted(maxBody: 0)
            },
            handler: { api?.response(to: $0) ?? StatusServer.response($0, metrics) })
    }

    private static func response(_ request: HTTPServer.Request, _ metrics: Metrics) -> HTTPServer.Response {
        switch request.path {
        case "/health", "/metrics":
            if request.method == "POST" { return .methodNotAllowed(allowed: ["GET", "HEAD"]) }
            if request.path == "/health" { return .text("ok") }
            return HTTPServer.Response(
                contentType: Metrics.contentType, body: Array(metrics.prometheusText().utf8))
        default: return .error("there is nothing here; /health and /metrics are", status: 404)
        }
    }

    /// Stops listening.
    public func stop() {
        server.stop()
    }
}
