/// `HOST:PORT` as servers and their clients are given it.
public enum SocketAddress {
    /// Its parts: a name, an IPv4 address, an IPv6 address without its brackets, or no host; and the port. A tuple, since
    /// Swift 6.0 cannot compile who calls it with a structure.
    ///
    /// - Throws: `malformedAddress`.
    public static func parts(of address: String) throws(HTTPError) -> (host: String, port: UInt16) {
        guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
            throw malformed(address)
        }
        var host = address[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw malformed(address)
        }
        return (String(host), port)
    }

    private static func malformed(_ address: String) -> HTTPError {
        HTTPError(
            .malformedAddress,
            "\"\(address)\" is not HOST:PORT with a port from 0 to 65535; write it like 127.0.0.1:8080 or [::1]:8080")
    }
}
