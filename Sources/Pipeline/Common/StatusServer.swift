import HTTP
import Telemetry

/// Serves `/health` and `/metrics` of a role, where `--http` asks for it.
public final class StatusServer: Sendable {
    private let server: HTTPServer

    /// Starts listening.
    ///
    /// - Parameters:
    ///   - address: `HOST:PORT`.
    ///   - metrics: what `/metrics` shows.
    /// - Throws: `HTTPError`, such as `addressInUse`.
    public init(address: String, metrics: Metrics) throws(HTTPError) {
        server = try HTTPServer(address: address) { request in
            switch request.path {
            case "/health": .text("ok")
            case "/metrics":
                HTTPServer.Response(
                    contentType: Metrics.contentType, body: Array(metrics.prometheusText().utf8))
            default: .text("iotpipe: /health and /metrics are here", status: 404)
            }
        }
    }

    /// Stops listening.
    public func stop() {
        server.stop()
    }
}
