extension KafkaConfiguration {
    /// What a list of brokers must look like, for messages.
    public static let brokersExpected =
        "brokers are hosts with a port from 1 to 65535 and commas between, such as kafka-1:9092,kafka-2:9092"

    /// The brokers of a list as librdkafka takes it: `HOST`, `HOST:PORT`, `[IPv6]:PORT`, behind a protocol where that is
    /// given, with commas between; white space and empty places left out. Nil where there is none, or one is malformed.
    public static func brokers(in list: String) -> [String]? {
        let brokers = list.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
        return brokers.isEmpty || !brokers.allSatisfy(isBroker) ? nil : brokers
    }

    private static func isBroker(_ text: String) -> Bool {
        var rest = text[...]
        if let separator = rest.firstRange(of: "://") {
            let known = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]
            guard known.contains(rest[..<separator.lowerBound].lowercased()) else { return false }
            rest = rest[separator.upperBound...].prefix { $0 != "/" }
        }
        guard !rest.isEmpty, !rest.contains(where: { $0.isWhitespace || $0 == "/" }) else { return false }
        let colons = rest.count { $0 == ":" }
        let isBracketed = rest.first == "["
        // A name, or an IPv6 address: both without a port.
        if isBracketed ? rest.last == "]" : colons != 1 { return true }
        guard let colon = rest.lastIndex(of: ":"), !isBracketed || rest[..<colon].last == "]" else { return false }
        return UInt16(rest[rest.index(after: colon)...]).map { $0 > 0 } ?? false
    }
}
