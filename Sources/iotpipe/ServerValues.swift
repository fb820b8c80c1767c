import Arguments
import HTTP
import Kafka
import Postgres
import Telemetry

/// Values that name servers. They are looked at as they are read, so that `config check` finds what is wrong with them.
extension ValueType where Value == String {
    /// Kafka's brokers: `HOST:PORT` of one or more, with commas between; librdkafka's port is 9092.
    static var brokers: ValueType<String> {
        ValueType(
            placeholder: "HOST:PORT,…",
            parse: { (text) throws(ArgumentError) -> String in
                guard let brokers = KafkaConfiguration.brokers(in: text) else {
                    throw .badValue(KafkaConfiguration.brokersExpected)
                }
                return brokers.joined(separator: ",")
            },
            format: { $0 })
    }

    /// A PostgreSQL database as libpq takes it.
    static var database: ValueType<String> {
        ValueType(
            placeholder: "URL",
            parse: { (text) throws(ArgumentError) -> String in
                // libpq would take what DATABASE_URL or PG* variables name.
                if text.isEmpty { throw .badValue("must not be empty") }
                if let fault = PostgresLibrary.fault(inConnectionString: text) {
                    throw .badValue(SafeText.escaped(fault))
                }
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
                do throws(KafkaError) {
                    let (property, value) = try KafkaConfiguration.checked(assignment: text)
                    return Assignment(name: property, value: value)
                } catch {
                    throw .badValue(SafeText.escaped(error.message))
                }
            },
            format: { $0.text })
    }
}
