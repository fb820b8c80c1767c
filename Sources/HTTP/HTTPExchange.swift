import CMicrohttpd

/// The conversation with libmicrohttpd: its callbacks, each on the thread of the connection it is about.
final class HTTPExchange: Sendable {
    let watch: ConnectionWatch
    private let maxBody: Int
    private let handler: HTTPServer.Handler

    init(maxBody: Int, watch: ConnectionWatch, handler: @escaping HTTPServer.Handler) {
        self.maxBody = maxBody
        self.watch = watch
        self.handler = handler
    }

    /// What libmicrohttpd keeps of one request, from its first line to its completion.
    private final class Incoming {
        let target: String?
        var hasHeaders = false
        var body: [UInt8] = []
        var isTooLong = false

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
        guard incoming.hasHeaders else {
            incoming.hasHeaders = true
            // An answer now spares the client its body.
            if !["GET", "HEAD", "POST"].contains(method) {
                return answer(.methodNotAllowed(allowed: ["GET", "HEAD", "POST"]), to: connection)
            }
            let length = MHD_lookup_connection_value(connection, .HEADER_KIND, "Content-Length")
            if let length, Int(String(cString: length)) ?? .max > maxBody { return answer(tooLong, to: connection) }
            return .YES
        }
        if size > 0 {
            // Without a length in front, what is too long is found out on the way; libmicrohttpd takes an answer only
            // at the end, which the time limit brings near.
            incoming.isTooLong = incoming.isTooLong || incoming.body.count + size > maxBody
            if incoming.isTooLong {
                incoming.body = []
            } else {
                incoming.body += UnsafeRawBufferPointer(start: data, count: size)
            }
            size = 0
            return .YES
        }
        guard !incoming.isTooLong else { return answer(tooLong, to: connection) }
        guard let target = incoming.target, let (path, query) = RequestTarget.parse(target) else {
            return answer(.text("the request's target is malformed", status: 400), to: connection)
        }
        let socket = iotpipe_http_socket(connection)
        watch.handling(socket)
        let response = handler(
            HTTPServer.Request(
                method: method, path: path, query: query, headers: headers(of: connection), body: incoming.body))
        watch.answering(socket)
        return answer(response, to: connection)
    }

    private var tooLong: HTTPServer.Response { .text("the body is longer than \(maxBody) bytes", status: 413) }

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
