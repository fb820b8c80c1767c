extension HTTPServer {
    /// One request, wholly received.
    public struct Request: Sendable, Equatable {
        /// `GET`, `HEAD` (answered like `GET`; its body is not sent) or `POST`.
        public let method: String
        /// The path, percent-decoded: begins with `/`.
        public let path: String
        /// The query's names and values, decoded as HTML forms are (`+` is a space); of a repeated name the first.
        public let query: [String: String]
        /// The headers by lower-case name; values of a repeated one joined by `, `.
        public let headers: [String: String]
        /// The body; empty where there is none, and where the request is only to be admitted.
        public let body: [UInt8]
        /// Whether the server listens on a loopback address: only programs of this machine reach it.
        public let isLoopback: Bool
        /// What its admission granted it.
        public let permit: RequestPermit?

        /// A request from its parts, for trying out a handler without a server.
        public init(
            method: String, path: String, query: [String: String] = [:], headers: [String: String] = [:],
            body: [UInt8] = [], isLoopback: Bool = true, permit: RequestPermit? = nil
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.headers = headers
            self.body = body
            self.isLoopback = isLoopback
            self.permit = permit
        }
    }
}

/// Takes a request's target apart: `/path?name=value&…`.
enum RequestTarget {
    /// Nil where an escape is cut off or does not make UTF-8, or where the path does not begin with `/`.
    static func parse(_ target: String) -> (path: String, query: [String: String])? {
        let parts = target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = decoded(parts[0], plusIsSpace: false), path.hasPrefix("/") else { return nil }
        var query: [String: String] = [:]
        for pair in parts.count > 1 ? parts[1].split(separator: UInt8(ascii: "&")) : [] {
            let sides = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(sides[0], plusIsSpace: true),
                let value = sides.count > 1 ? decoded(sides[1], plusIsSpace: true) : ""
            else { return nil }
            if query[name] == nil { query[name] = value }
        }
        return (path, query)
    }

    private static func decoded(_ text: Substring.UTF8View, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal)
                else { return nil }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8? {
        Character(Unicode.Scalar(digit)).hexDigitValue.map(UInt8.init)
    }
}
