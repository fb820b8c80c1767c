import Glibc

/// Asks a server for the status of one path: what a health check needs, and no more of a client.
public enum HTTPProbe {
    /// Asks once, on a connection of its own.
    ///
    /// - Parameters:
    ///   - address: `HOST:PORT` as a server listens on it: all addresses stand for this machine's own.
    ///   - timeout: for each step: connecting, sending, and receiving.
    /// - Returns: the status, such as 200.
    /// - Throws: `malformedAddress`, `unknownAddress`, or `failed` where nobody answers as HTTP does.
    public static func status(of path: String, at address: String, timeout: Duration) throws(HTTPError) -> Int {
        let parsed = try SocketAddress.parts(of: address)
        let host = ["", "0.0.0.0"].contains(parsed.host) ? "127.0.0.1" : parsed.host == "::" ? "::1" : parsed.host
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let found = getaddrinfo(host, String(parsed.port), &hints, &list)
        guard found == 0, let first = list else {
            throw HTTPError(.unknownAddress, "cannot ask \(address): \(String(cString: gai_strerror(found)))")
        }
        defer { freeaddrinfo(list) }
        var failure: Int32 = 0
        var candidate: UnsafeMutablePointer<addrinfo>? = first
        while let current = candidate {
            let descriptor = connect(to: current.pointee, timeout: timeout)
            if descriptor >= 0 {
                defer { close(descriptor) }
                if let status = exchange(descriptor, path: path, host: host) { return status }
                throw HTTPError(.failed, "no answer from http://\(address)\(path)")
            }
            failure = errno
            candidate = current.pointee.ai_next
        }
        throw HTTPError(.failed, "cannot connect to \(address): \(String(cString: strerror(failure)))")
    }

    /// The connected descriptor, or -1 with the reason in `errno`.
    private static func connect(to info: addrinfo, timeout: Duration) -> Int32 {
        let descriptor = socket(info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), info.ai_protocol)
        guard descriptor >= 0 else { return -1 }
        let (seconds, attoseconds) = timeout.components
        var limit = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {  // the latter limits connect, too
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        if Glibc.connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 { return descriptor }
        let failure = errno
        close(descriptor)
        errno = failure
        return -1
    }

    /// Sends the request and reads the status line; nil where there is none.
    private static func exchange(_ descriptor: Int32, path: String, host: String) -> Int? {
        let request = Array("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
        // "HTTP/1.1 200"
        var line = [UInt8](repeating: 0, count: 12)
        var filled = 0
        while filled < line.count {
            let count = line.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + filled, $0.count - filled, 0) }
            if count <= 0 { return nil }
            filled += count
        }
        let text = String(decoding: line, as: UTF8.self)
        return text.hasPrefix("HTTP/1.") ? Int(text.suffix(3)) : nil
    }
}
