import HTTP
import Testing

@Suite struct HTTPProbeTests {
    private func probe(_ address: String, path: String = "/health") throws -> Int {
        try HTTPProbe.status(of: path, at: address, timeout: .seconds(5))
    }

    private func code(_ address: String) -> HTTPError.Code? {
        do {
            _ = try probe(address)
            return nil
        } catch { return (error as? HTTPError)?.code }
    }

    @Test func theStatusIsReturned() throws {
        let server = try HTTPServer(address: "127.0.0.1:0") { $0.path == "/health" ? .text("ok") : .notFound }
        // As a server listens: all addresses stand for this machine's own.
        for host in ["127.0.0.1", "0.0.0.0", "", "localhost"] {
            #expect(try probe("\(host):\(server.port)") == 200, "\(host)")
        }
        #expect(try probe("127.0.0.1:\(server.port)", path: "/other") == 404)
    }

    @Test func nobodyThereIsAFailure() throws {
        let server = try HTTPServer(address: "127.0.0.1:0") { _ in .text("ok") }
        let port = server.port
        server.stop()
        #expect(code("127.0.0.1:\(port)") == .failed)
        #expect(code("no.such.host.invalid:80") == .unknownAddress)
        #expect(code("127.0.0.1") == .malformedAddress)
    }
}
