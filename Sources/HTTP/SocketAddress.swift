/// `HOST:PORT` in its parts: a name, an IPv4 address, an IPv6 address in brackets, or no host.
struct SocketAddress {
    let host: String
    let port: UInt16

    /// - Throws: `malformedAddress`.
    init(_ address: String) throws(HTTPError) {
        guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
            throw SocketAddress.malformed(address)
        }
        var host = address[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw SocketAddress.malformed(address)
        }
        self.host = String(host)
        self.port = port
    }

    private static func malformed(_ address: String) -> HTTPError {
        HTTPError(
            .malformedAddress,
            "\"\(address)\" is not HOST:PORT with a port from 0 to 65535; write it like 127.0.0.1:8080 or [::1]:8080")
    }
}
