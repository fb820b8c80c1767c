import Glibc
import Threads

/// Tries to connect to a host and port, as a client of the broker would, to tell a name that does not resolve from a port
/// that does not answer.
enum ListenerProbe {
    /// Why a listener cannot be used.
    struct Failure: Error {
        /// As a sentence goes on after "broker 1 advertises host:port, which".
        let reason: String
    }

    /// Connects and closes again.
    ///
    /// - Returns: milliseconds that it took.
    static func connect(host: String, port: Int, timeout: Duration) throws(Failure) -> Double {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &found)
        guard status == 0, let found else {
            throw Failure(reason: "does not resolve here (\(String(cString: gai_strerror(status))))")
        }
        defer { freeaddrinfo(found) }
        let start = MonotonicClock.now
        var reason = "does not answer"
        var candidate: UnsafeMutablePointer<addrinfo>? = found
        while let address = candidate {
            let code = connect(to: address.pointee, timeout: timeout)
            if code == 0 { return Double(MonotonicClock.now - start) / 1e6 }
            reason = "does not accept a connection (\(String(cString: strerror(code))))"
            candidate = address.pointee.ai_next
        }
        throw Failure(reason: reason)
    }

    private static func connect(to address: addrinfo, timeout: Duration) -> Int32 {
        let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return 0 }
        guard errno == EINPROGRESS else { return errno }
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard Glibc.poll(&poll, 1, Int32(clamping: timeout.nanoseconds / 1_000_000)) == 1 else { return ETIMEDOUT }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        return code
    }
}
