import HTTP
import Synchronization
import Testing
import Threads

@Suite struct HTTPServerTests {
    /// Sends one request to a server that echoes what it was given, and returns the whole answer.
    private func exchange(
        _ request: String, limits: HTTPServer.Limits = .init(),
        handler: @escaping HTTPServer.Handler = { request in
            var lines = ["\(request.method) \(request.path)"]
            lines += request.query.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            if let header = request.headers["x-test"] { lines.append("x-test: \(header)") }
            if !request.body.isEmpty { lines.append(String(decoding: request.body, as: UTF8.self)) }
            return .text(lines.joined(separator: "|"))
        }
    ) throws -> String {
        let server = try HTTPServer(address: "127.0.0.1:0", limits: limits, handler: handler)
        let client = try #require(Client(port: server.port))
        client.send(request)
        return client.readToEnd()
    }

    private static let end = "Host: x\r\nConnection: close\r\n\r\n"

    // MARK: - Requests

    @Test func getReachesTheHandler() throws {
        let answer = try exchange("GET /metrics HTTP/1.1\r\n\(Self.end)")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Content-Type: text/plain; charset=utf-8\r\n"))
        #expect(answer.hasSuffix("\r\n\r\nGET /metrics\n"))
    }

    @Test func pathAndQueryAreDecoded() throws {
        let answer = try exchange("GET /a%20b+c?x=1%262+3&x=no&e&k%C3%BC= HTTP/1.1\r\n\(Self.end)")
        #expect(answer.hasSuffix("\r\n\r\nGET /a b+c|e=|kü=|x=1&2 3\n"))
    }

    @Test func headersAreFoundByLowerCaseName() throws {
        let answer = try exchange("GET / HTTP/1.1\r\nX-Test: a\r\nx-TEST: b\r\n\(Self.end)")
        #expect(answer.hasSuffix("x-test: a, b\n"))
    }

    @Test func postBringsItsBody() throws {
        let body = String(repeating: "0123456789", count: 10_000)
        let answer = try exchange("POST /in HTTP/1.1\r\nContent-Length: \(body.utf8.count)\r\n\(Self.end)\(body)")
        #expect(answer.hasSuffix("\r\n\r\nPOST /in|\(body)\n"))
    }

    @Test func chunkedBodyIsPutTogether() throws {
        let answer = try exchange(
            "POST /in HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\(Self.end)3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        #expect(answer.hasSuffix("POST /in|abcde\n"))
    }

    @Test func headIsAnsweredWithoutBody() throws {
        let answer = try exchange("HEAD /x HTTP/1.1\r\n\(Self.end)")
        #expect(answer.hasPrefix("HTTP/1.1 200"))
        #expect(answer.contains("Content-Length: 8\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test func connectionServesSeveralRequests() throws {
        let server = try HTTPServer(address: "127.0.0.1:0") { .text($0.path) }
        let client = try #require(Client(port: server.port))
        for path in ["/1", "/2", "/3"] {
            client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.readResponse().hasSuffix("\(path)\n"))
        }
    }

    @Test func answersKeepStatusAndHeaders() throws {
        let answer = try exchange("GET / HTTP/1.1\r\n\(Self.end)") { _ in
            HTTPServer.Response(
                status: 503, contentType: "application/json", body: Array("{}".utf8),
                headers: ["Retry-After": "5", "Bad": "a\r\nSet-Cookie: x"])
        }
        #expect(answer.hasPrefix("HTTP/1.1 503"))
        #expect(answer.contains("Content-Type: application/json\r\n"))
        #expect(answer.contains("Retry-After: 5\r\n"))
        #expect(!answer.contains("Set-Cookie"))
        #expect(answer.hasSuffix("\r\n\r\n{}"))
    }

    // MARK: - Refusals

    @Test(arguments: ["PUT", "DELETE", "OPTIONS", "BREW"]) func otherMethodsAreNotAllowed(method: String) throws {
        let answer = try exchange("\(method) / HTTP/1.1\r\n\(Self.end)")
        #expect(answer.hasPrefix("HTTP/1.1 405"))
        #expect(answer.contains("Allow: GET, HEAD, POST\r\n"))
    }

    @Test func announcedBodyBeyondTheLimitIsRefusedAtOnce() throws {
        // The body never comes: the answer does not wait for it.
        let answer = try exchange(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", limits: .init(maxBody: 10))
        #expect(answer.hasPrefix("HTTP/1.1 413"))
        #expect(answer.contains("longer than 10 bytes"))
    }

    @Test func unannouncedBodyBeyondTheLimitIsRefused() throws {
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\(Self.end)"
        let limits = HTTPServer.Limits(maxBody: 10)
        #expect(
            try exchange("\(chunked)6\r\nabcdef\r\n5\r\nabcde\r\n0\r\n\r\n", limits: limits).hasPrefix("HTTP/1.1 413"))
        #expect(
            try exchange("\(chunked)6\r\nabcdef\r\n4\r\nabcd\r\n0\r\n\r\n", limits: limits).hasPrefix("HTTP/1.1 200"))
    }

    @Test(arguments: ["/%zz", "/%f", "/a?x=%FF", "x"]) func malformedTargetsAreRefused(target: String) throws {
        #expect(try exchange("GET \(target) HTTP/1.1\r\n\(Self.end)").hasPrefix("HTTP/1.1 400"))
    }

    @Test func whatIsNotHTTPDoesNotReachTheHandler() throws {
        let answer = try exchange("hello\r\n\r\n") { _ in
            Issue.record("the handler was called")
            return .notFound
        }
        #expect(!answer.hasPrefix("HTTP/1.1 200"))
    }

    // MARK: - Limits

    @Test func aRequestThatTricklesInIsCutOff() throws {
        let server = try HTTPServer(address: "127.0.0.1:0", limits: .init(timeout: .milliseconds(200))) { _ in .notFound
        }
        let client = try #require(Client(port: server.port))
        client.send("GET / HTTP/1.1\r\nX: ")
        // A byte now and then keeps no connection open.
        var sent = 0
        while !client.isReadable(within: 20), sent < 1_000 {
            client.send("x")
            sent += 1
        }
        #expect(client.readToEnd().isEmpty)
        #expect(sent < 1_000)
    }

    @Test func aHandlerMayTakeLongerThanTheTimeout() throws {
        let isReleased = Monitor(false)
        let server = try HTTPServer(address: "127.0.0.1:0", limits: .init(timeout: .milliseconds(100))) { _ in
            _ = isReleased.wait { $0 ? true : nil }
            return .text("late")
        }
        let working = try #require(Client(port: server.port))
        working.send("GET / HTTP/1.1\r\n\(Self.end)")
        // Two that stand idle, one after the other, are cut off: by then the timeout has passed twice.
        for _ in 0..<2 { #expect(Client(port: server.port)?.readToEnd().isEmpty == true) }
        isReleased.update { $0 = true }
        #expect(working.readToEnd().hasSuffix("late\n"))
    }

    @Test func moreConnectionsThanAllowedAreClosed() throws {
        let server = try HTTPServer(address: "127.0.0.1:0", limits: .init(maxConnections: 1)) { _ in .text("ok") }
        let request = "GET / HTTP/1.1\r\n\(Self.end)"
        var first = Client(port: server.port)
        first?.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(first?.readResponse().hasSuffix("ok\n") == true)
        let second = try #require(Client(port: server.port))
        second.send(request)
        #expect(second.readToEnd().isEmpty)
        // Once the first has gone there is room again.
        first = nil
        var answer = ""
        while answer.isEmpty {
            let next = try #require(Client(port: server.port))
            next.send(request)
            answer = next.readToEnd()
        }
        #expect(answer.hasSuffix("ok\n"))
    }

    // MARK: - Stop

    @Test func stopLetsTheRequestAtHandBeAnswered() throws {
        let isEntered = Monitor(false)
        let isReleased = Monitor(false)
        let server = try HTTPServer(address: "127.0.0.1:0") { _ in
            isEntered.update { $0 = true }
            _ = isReleased.wait { $0 ? true : nil }
            return .text("done")
        }
        let client = try #require(Client(port: server.port))
        client.send("GET / HTTP/1.1\r\n\(Self.end)")
        _ = isEntered.wait { $0 ? true : nil }
        let stopper = OSThread(name: "stopper") { server.stop() }
        while Client(port: server.port) != nil {}
        isReleased.update { $0 = true }
        #expect(client.readToEnd().hasSuffix("done\n"))
        stopper.join()
        server.stop()
    }

    @Test func stoppedServerGivesItsPortBack() throws {
        let first = try HTTPServer(address: "127.0.0.1:0") { _ in .notFound }
        let address = "127.0.0.1:\(first.port)"
        let client = try #require(Client(port: first.port))
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.readResponse().hasPrefix("HTTP/1.1 404"))
        first.stop()
        let second = try HTTPServer(address: address) { _ in .text("second") }
        #expect(second.port == first.port)
    }

    // MARK: - Addresses

    private func failure(address: String) -> HTTPError? {
        do {
            _ = try HTTPServer(address: address) { _ in .notFound }
            return nil
        } catch {
            return error
        }
    }

    @Test func portInUseIsNamed() throws {
        let server = try HTTPServer(address: "127.0.0.1:0") { _ in .notFound }
        let address = "127.0.0.1:\(server.port)"
        let error = try #require(failure(address: address))
        #expect(error.code == .addressInUse)
        #expect(error.message == "cannot listen on \(address): another program does; stop it or choose another port")
    }

    @Test(arguments: [
        "", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http", "::1:80",
    ])
    func malformedAddressesAreRefused(address: String) {
        #expect(failure(address: address)?.code == .malformedAddress)
    }

    // 192.0.2.0/24 is for documentation: no machine has it.
    @Test(arguments: ["192.0.2.1:8080", "no.such.host.invalid:8080"]) func foreignAddressesAreRefused(address: String) {
        #expect(failure(address: address)?.code == .unknownAddress)
    }

    @Test(arguments: ["localhost:0", ":0", "0.0.0.0:0", "[::1]:0"]) func otherAddressesAreListenedOn(address: String)
        throws
    {
        do {
            let server = try HTTPServer(address: address) { _ in .notFound }
            #expect(server.port > 0)
        } catch {
            // A machine without IPv6 cannot be asked for it.
            #expect(address.hasPrefix("[") && error.code == .unknownAddress)
        }
    }
}
