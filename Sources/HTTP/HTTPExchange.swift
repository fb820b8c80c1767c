import CMicrohttpd

/// The conversation with libmicrohttpd: its callbacks, each on the thread of the connection it is about.
final class HTTPExchange: Sendable {
    let watch: ConnectionWatch
    private let maxBody: Int
    private let isLoopback: Bool
    private let gate: HTTPServer.Gate
    private let handler: HTTPServer.Handler

    /// A refused body up to this length is read and thrown away: the answer then surely arrives, and the connection can
    /// go on.
    private static let discarded = 1 << 20

    init(
        maxBody: Int, isLoopback: Bool, watch: ConnectionWatch, gate: @escaping HTTPServer.Gate,
        handler: @escaping HTTPServer.Handler
    ) {
        self.maxBody = maxBody
        self.isLoopback = isLoopback
        self.watch = watch
        self.gate = gate
        self.handler = handler
    }

    /// What libmicrohttpd keeps of one request, from its first line to its completion.
    private final class Incoming {
        let target: String?
        var head: HTTPServer.Request?
        var body: [UInt8] = []
        var maxBody = 0
        var permit: RequestPermit?
        /// The answer, where it is known before the body has come.
        var refusal: HTTPServer.Response?

        init(target: String?) {
            self.target = target
        }
    }

    // MARK: - Callbacks

    /// For the server's start. The context is not retained: the server keeps this object until its daemon has stopped.
    var callbacks: iotpipe_http_callbacks {
        iotpipe_http_callbacks(
            context: Unmanaged.passUnretained(self).toOpaque(),
            request: { context, connection, _, method, _, data, size, incoming in
                let exchange = Unmanaged<HTTPExchange>.fromOpaque(context!).takeUnretainedValue()
                let request = Unmanaged<Incoming>.fromOpaque(incoming!.pointee!).takeUnretainedValue()
                return exchange.received(request, connection!, String(cString: method!), data, &size!.pointee)
            },
            uri: { context, target, _ in
                Unmanaged<HTTPExchange>.fromOpaque(context!).takeUnretainedValue().watch.requestBegan()
                // Retained until `completed`, which follows in every case.
                return Unmanaged.passRetained(Incoming(target: String(validatingCString: target!))).toOpaque()
            },
            completed: { context, connection, incoming, _ in
                Unmanaged<Incoming>.fromOpaque(incoming!.pointee!).release()
                Unmanaged<HTTPExchange>.fromOpaque(context!).takeUnretainedValue()
                    .watch.requestEnded(iotpipe_http_socket(connection))
            },
            connection: { context, connection, _, event in
                let watch = Unmanaged<HTTPExchange>.fromOpaque(context!).takeUnretainedValue().watch
                let socket = iotpipe_http_socket(connection)
                if event == .CONNECTION_NOTIFY_STARTED { watch.opened(socket) } else { watch.closed(socket) }
            })
    }

    /// Called once with the headers, then with each piece of the body (setting `size` to 0 takes it), then at the end.
    private func received(
        _ incoming: Incoming, _ connection: OpaquePointer, _ method: String, _ data: UnsafePointer<CChar>?,
        _ size: inout Int
    ) -> MHD_Result {
        guard let head = incoming.head else { return begin(incoming, connection, method) }
        if size > 0 {
            // Without a length in front, what is too long is found out on the way; libmicrohttpd takes an answer only
            // at the end, which the time limit brings near.
            if incoming.refusal == nil, incoming.body.count + size > incoming.maxBody {
                incoming.refusal = tooLong(incoming.maxBody)
                incoming.body = []
            }
            if incoming.refusal == nil { incoming.body += UnsafeRawBufferPointer(start: data, count: size) }
            size = 0
            return .YES
        }
        if let refusal = incoming.refusal { return answer(refusal, to: connection) }
        let socket = iotpipe_http_socket(connection)
        watch.handling(socket)
        // Moved, not copied: a body can be large.
        let body = incoming.body
        incoming.body = []
        let response = handler(
            HTTPServer.Request(
                method: head.method, path: head.path, query: head.query, headers: head.headers, body: body,
                isLoopback: isLoopback, permit: incoming.permit))
        watch.answering(socket)
        return answer(response, to: connection)
    }

    /// The headers have come: an answer now spares the client its body.
    private func begin(_ incoming: Incoming, _ connection: OpaquePointer, _ method: String) -> MHD_Result {
        let headers = headers(of: connection)
        let target = incoming.target.flatMap(RequestTarget.parse)
        let head = HTTPServer.Request(
            method: method, path: target?.path ?? "", query: target?.query ?? [:], headers: headers,
            isLoopback: isLoopback)
        incoming.head = head
        let length = headers["content-length"].map { Int($0) ?? .max }
        if !["GET", "HEAD", "POST"].contains(method) {
            return answer(.methodNotAllowed(allowed: ["GET", "HEAD", "POST"]), to: connection)
        }
        if target == nil {
            incoming.refusal = .error("the request's target is malformed", status: 400)
        } else {
            switch gate(head) {
            case .admitted(let limit, let permit):
                incoming.maxBody = min(limit, maxBody)
                incoming.permit = permit
                if length ?? 0 > incoming.maxBody { return answer(tooLong(incoming.maxBody), to: connection) }
                return .YES
            case .refused(let response):
                incoming.refusal = response
            }
        }
        let isShort = length.map { $0 <= HTTPExchange.discarded } ?? (headers["transfer-encoding"] == nil)
        return isShort ? .YES : answer(incoming.refusal!, to: connection)
    }

    private func tooLong(_ limit: Int) -> HTTPServer.Response {
        .error("the body is longer than \(limit) bytes, the limit here; send less", status: 413)
    }

    // MARK: - Headers and answers

    private func headers(of connection: OpaquePointer) -> [String: String] {
        var headers: [String: String] = [:]
        withUnsafeMutablePointer(to: &headers) { headers in
            _ = MHD_get_connection_values(
                connection, .HEADER_KIND,
                { context, _, name, value in
                    let headers = context!.assumingMemoryBound(to: [String: String].self)
                    let name = String(cString: name!).lowercased()
                    let value = value.map { String(cString: $0) } ?? ""
                    headers.pointee[name] = headers.pointee[name].map { $0 + ", " + value } ?? value
                    return .YES
                }, headers)
        }
        return headers
    }

    private func answer(_ response: HTTPServer.Response, to connection: OpaquePointer) -> MHD_Result {
        let made = response.body.withUnsafeBytes { bytes in
            MHD_create_response_from_buffer(
                bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
        }
        // Out of memory: libmicrohttpd then closes the connection.
        guard let made else { return .NO }
        defer { MHD_destroy_response(made) }
        MHD_add_response_header(made, "Content-Type", response.contentType)
        for (name, value) in response.headers { MHD_add_response_header(made, name, value) }
        return MHD_queue_response(connection, UInt32(clamping: response.status), made)
    }
}
