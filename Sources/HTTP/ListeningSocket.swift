import Glibc

/// Opens the socket that a server listens on. It is opened here and not by libmicrohttpd, which does not tell why it
/// could not.
enum ListeningSocket {
    /// Listens on HOST:PORT: a name, an IPv4 address, an IPv6 address in brackets, or nothing for all addresses; port 0
    /// lets the system choose.
    ///
    /// - Returns: the descriptor, the caller's to close, and the port.
    static func open(_ text: String) throws(HTTPError) -> (descriptor: Int32, port: Int) {
        let (host, port) = try SocketAddress.parts(of: text)
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host.isEmpty ? nil : host, String(port), &hints, &list)
        guard status == 0, let first = list else {
            throw HTTPError(
                .unknownAddress,
                "cannot listen on \(text): \(String(cString: gai_strerror(status))); give an address of this machine"
            )
        }
        defer { freeaddrinfo(list) }

        // A name may stand for several addresses (localhost: ::1 and 127.0.0.1); the first that can be had counts.
        var failure: Int32 = 0
        var candidate: UnsafeMutablePointer<addrinfo>? = first
        while let current = candidate {
            let descriptor = listen(on: current.pointee)
            if descriptor >= 0 { return (descriptor, boundPort(of: descriptor)) }
            failure = errno
            candidate = current.pointee.ai_next
        }
        throw error(failure, text)
    }

    /// The listening descriptor, or -1 with the reason in `errno`.
    private static func listen(on info: addrinfo) -> Int32 {
        let descriptor = socket(info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), info.ai_protocol)
        guard descriptor >= 0 else { return -1 }
        // A server started again must not wait for the connections of the one before to be forgotten.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        if bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, Glibc.listen(descriptor, SOMAXCONN) == 0 {
            return descriptor
        }
        let failure = errno
        close(descriptor)
        errno = failure
        return -1
    }

    private static func boundPort(of descriptor: Int32) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            _ = storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            // The port stands at the same place in sockaddr_in and sockaddr_in6.
            return storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                Int(UInt16(bigEndian: $0.pointee.sin_port))
            }
        }
    }

    /// Whether only programs of this machine reach the socket.
    static func isLoopback(_ descriptor: Int32) -> Bool {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            _ = storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            if Int32(storage.pointee.ss_family) == AF_INET {
                return storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    UInt32(bigEndian: $0.pointee.sin_addr.s_addr) >> 24 == 127
                }
            }
            return storage.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                withUnsafeBytes(of: &address.pointee.sin6_addr) { bytes in
                    // ::1, or 127.0.0.0/8 as IPv6 has it, ::ffff:127.x.y.z.
                    bytes.elementsEqual([UInt8](repeating: 0, count: 15) + [1])
                        || bytes.prefix(13).elementsEqual([UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 127])
                }
            }
        }
    }

    private static func error(_ number: Int32, _ address: String) -> HTTPError {
        switch number {
        case EADDRINUSE:
            HTTPError(
                .addressInUse, "cannot listen on \(address): another program does; stop it or choose another port")
        case EACCES, EPERM:
            HTTPError(.notPermitted, "cannot listen on \(address): not permitted; choose a port above 1023")
        case EADDRNOTAVAIL:
            HTTPError(
                .unknownAddress,
                "cannot listen on \(address): this machine does not have it; use one of its own, or 0.0.0.0 for all")
        default:
            HTTPError(.failed, "cannot listen on \(address): \(String(cString: strerror(number)))")
        }
    }
}
