import Arguments
import HTTP
import Kafka
import Postgres

/// Values that name servers. They are looked at as they are read, so that `config check` finds what is wrong with them.
extension ValueType where Value == String {
    /// Kafka's brokers: `HOST:PORT` of one or more, with commas between; librdkafka's port is 9092.
    static var brokers: ValueType<String> {
        ValueType(
            placeholder: "HOST:PORT,…",
            parse: { (text) throws(ArgumentError) -> String in
                for broker in text.split(separator: ",", omittingEmptySubsequences: false) where !isBroker(broker) {
                    throw .badValue(
                        "brokers are hosts with a port from 1 to 65535 and commas between, such as "
                            + "kafka-1:9092,kafka-2:9092")
                }
                return text
            },
            format: { $0 })
    }

    /// `HOST`, `HOST:PORT`, `[IPv6]:PORT`, and the same behind a protocol, as librdkafka takes them.
    private static func isBroker(_ text: Substring) -> Bool {
        var rest = text.drop { $0 == " " }
        while rest.last == " " { rest.removeLast() }
        let protocolName = rest.prefix { $0.isASCII && ($0.isLetter || $0 == "_") }
        if !protocolName.isEmpty, rest[protocolName.endIndex...].hasPrefix("://") {
            rest = rest[protocolName.endIndex...].dropFirst(3)
        }
        guard !rest.isEmpty, !rest.contains(where: \.isWhitespace), !rest.contains("/") else { return false }
        guard let colon = rest.lastIndex(of: ":"), rest.last != "]" else { return true }
        let host = rest[..<colon]
        guard !host.isEmpty, !host.contains(":") || host.first == "[" && host.last == "]" else { return false }
        return UInt16(rest[rest.index(after: colon)...]).map { $0 > 0 } ?? false
    }

    /// A PostgreSQL database as libpq takes it.
    static var database: ValueType<String> {
        ValueType(
            placeholder: "URL",
            parse: { (text) throws(ArgumentError) -> String in
                if let fault = PostgresLibrary.fault(inConnectionString: text) { throw .badValue(fault) }
                return text
            },
            format: { $0 })
    }

    /// Where a server listens.
    static var listener: ValueType<String> {
        ValueType(
            placeholder: "HOST:PORT",
            parse: { (text) throws(ArgumentError) -> String in
                do throws(HTTPError) {
                    _ = try SocketAddress.parts(of: text)
                } catch {
                    throw .badValue(
                        "must be HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:9464 or [::1]:9464")
                }
                return text
            },
            format: { $0 })
    }
}

extension ValueType where Value == Assignment {
    /// A property of librdkafka and its value.
    static var kafkaProperty: ValueType<Assignment> {
        ValueType(
            placeholder: "PROPERTY=VALUE",
            parse: { (text) throws(ArgumentError) -> Assignment in
                if let fault = KafkaConfiguration.fault(inAssignment: text) { throw .badValue(fault) }
                return try ValueType<Assignment>.assignment.value(of: text)
            },
            format: { $0.text })
    }
}
