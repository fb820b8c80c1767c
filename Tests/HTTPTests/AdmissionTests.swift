import Glibc
import HTTP
import Testing
import Threads

@Suite struct AdmissionTests {
    private func exchange(
        _ request: String, gate: @escaping HTTPServer.Gate,
        handler: @escaping HTTPServer.Handler = { .text("\($0.path) \($0.body.count)") }
    ) throws -> String {
        let server = try HTTPServer(address: "127.0.0.1:0", gate: gate, handler: handler)
        let client = try #require(Client(port: server.port))
        client.send(request)
        return client.readToEnd()
    }

    private static let end = "Host: x\r\nConnection: close\r\n\r\n"

    @Test func theGateSeesTheHeadersAndMayRefuse() throws {
        let answer = try exchange(
            "POST /a?b=c HTTP/1.1\r\nAuthorization: Bearer x\r\nContent-Length: 3\r\n\(Self.end)abc",
            gate: { request in
                #expect(request.method == "POST" && request.path == "/a" && request.query == ["b": "c"])
                #expect(request.headers["authorization"] == "Bearer x" && request.body.isEmpty && request.isLoopback)
                return .refused(.error("say \"please\"", status: 401))
            },
            handler: { _ in
                Issue.record("the handler was called")
                return .notFound
            })
        #expect(answer.hasPrefix("HTTP/1.1 401"))
        #expect(answer.hasSuffix("\r\n\r\n{\"error\":\"say \\\"please\\\"\"}"))
    }

    @Test func aRefusedRequestLeavesTheConnectionInUse() throws {
        let server = try HTTPServer(
            address: "127.0.0.1:0",
            gate: { $0.path == "/no" ? .refused(.notFound) : .admitted(maxBody: 10) }, handler: { .text($0.path) })
        let client = try #require(Client(port: server.port))
        client.send("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
        #expect(client.readResponse().hasPrefix("HTTP/1.1 404"))
        client.send("GET /yes HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.readResponse().hasSuffix("/yes\n"))
    }

    @Test func aLongRefusedBodyIsNotWaitedFor() throws {
        let answer = try exchange(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n", gate: { _ in .refused(.notFound) })
        #expect(answer.hasPrefix("HTTP/1.1 404"))
    }

    @Test func theGateSetsTheLimitOfTheBody() throws {
        let gate: HTTPServer.Gate = { .admitted(maxBody: $0.path == "/more" ? 4 : 3) }
        func post(_ path: String) throws -> String {
            try exchange("POST \(path) HTTP/1.1\r\nContent-Length: 4\r\n\(Self.end)abcd", gate: gate)
        }
        #expect(try post("/less").contains("longer than 3 bytes"))
        #expect(try post("/more").hasSuffix("/more 4\n"))
        let chunked = "Transfer-Encoding: chunked\r\n\(Self.end)4\r\nabcd\r\n0\r\n\r\n"
        #expect(try exchange("POST /less HTTP/1.1\r\n\(chunked)", gate: gate).hasPrefix("HTTP/1.1 413"))
        #expect(try exchange("POST /more HTTP/1.1\r\n\(chunked)", gate: gate).hasSuffix("/more 4\n"))
    }

    // MARK: - Permits

    @Test func aBudgetLimitsRequestsAndBytes() {
        let budget = RequestBudget(maxRequests: 2, maxBytes: 100)
        var first = budget.permit(bytes: 60)
        #expect(first != nil && budget.permit(bytes: 41) == nil)
        let second = budget.permit(bytes: 10)
        #expect(second != nil && budget.permit(bytes: 0) == nil)
        #expect(second?.grow(by: 31) == false && second?.grow(by: 30) == true)
        first = nil
        let third = budget.permit(bytes: 60)
        #expect(third != nil && third?.grow(by: 1) == false)
    }

    @Test func aPermitIsGivenBackOnceTheAnswerHasLeft() throws {
        let budget = RequestBudget(maxRequests: 1, maxBytes: 10)
        let server = try HTTPServer(
            address: "127.0.0.1:0",
            gate: { _ in
                budget.permit(bytes: 1).map { .admitted(maxBody: 10, permit: $0) } ?? .refused(.notFound)
            },
            handler: { .text($0.permit == nil ? "no permit" : "permit") })
        let client = try #require(Client(port: server.port))
        for _ in 0..<3 {
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
            #expect(client.readResponse().hasSuffix("permit\n"))
            // Its completion may come a moment after the answer.
            let deadline = MonotonicClock.deadline(after: .seconds(10))
            while budget.permit(bytes: 1) == nil, MonotonicClock.now < deadline { sched_yield() }
        }
    }

    @Test func aLostConnectionGivesItsPermitBack() throws {
        let budget = RequestBudget(maxRequests: 1, maxBytes: 10)
        let asked = Monitor(0)
        let server = try HTTPServer(
            address: "127.0.0.1:0",
            gate: { _ in
                defer { asked.update { $0 += 1 } }
                return budget.permit(bytes: 1).map { .admitted(maxBody: 10, permit: $0) } ?? .refused(.notFound)
            },
            handler: { _ in .notFound })
        var client = Client(port: server.port)
        client?.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nx")
        _ = asked.wait { $0 == 1 ? true : nil }
        #expect(budget.permit(bytes: 1) == nil)
        client = nil
        let deadline = MonotonicClock.deadline(after: .seconds(10))
        while budget.permit(bytes: 1) == nil, MonotonicClock.now < deadline { sched_yield() }
        #expect(MonotonicClock.now < deadline)
    }

    // MARK: - Addresses

    @Test(arguments: [("127.0.0.1:0", true), ("localhost:0", true), ("0.0.0.0:0", false), (":0", false)])
    func aLoopbackAddressIsKnown(address: String, isLoopback: Bool) throws {
        let server = try HTTPServer(address: address) { .text($0.isLoopback ? "loopback" : "open") }
        // localhost may be ::1, which this client cannot reach.
        guard let client = Client(port: server.port) else { return #expect(address.hasPrefix("localhost")) }
        client.send("GET / HTTP/1.1\r\n\(Self.end)")
        #expect(client.readToEnd().hasSuffix(isLoopback ? "loopback\n" : "open\n"))
    }
}
