import CRdKafka

/// librdkafka's properties for one client: what the user asked for, in the order given; the last of a name counts.
///
/// Each kind of client adds defaults of its own below these (see `Consumer`, `Producer`).
public struct KafkaConfiguration: Sendable {
    private var properties: [(name: String, value: String)] = []

    /// - Parameter bootstrapServers: `host:port` of one or more brokers, with commas between.
    public init(bootstrapServers: String) {
        set("bootstrap.servers", bootstrapServers)
    }

    /// Sets a property. It is checked when a client is made, or before by `checked(assignment:)`.
    public mutating func set(_ property: String, _ value: String) {
        properties.removeAll { $0.name == property }
        properties.append((property, value))
    }

    /// The value set for a property; nil where none was.
    public subscript(property: String) -> String? {
        properties.last { $0.name == property }?.value
    }

    /// All that was set, in order.
    var assignments: [(name: String, value: String)] { properties }

    /// The brokers this configuration names, for messages.
    public var bootstrapServers: String {
        properties.last { KafkaConfiguration.brokerProperties.contains($0.name) }?.value ?? ""
    }

    private static let brokerProperties = ["bootstrap.servers", "metadata.broker.list"]

    // MARK: Secrets

    /// Whether a property's value must never be shown.
    public static func isSecret(_ property: String) -> Bool {
        let name = property.lowercased()
        return ["password", "secret", "ssl.key.pem", "ssl_key", "jaas", "oauthbearer.config", "kinit.cmd"]
            .contains { name.contains($0) }
    }

    /// All that was set, with secrets replaced by `***`, for logs.
    public var redacted: [(String, String)] {
        properties.map { ($0.name, KafkaConfiguration.isSecret($0.name) ? "***" : $0.value) }
    }

    // MARK: Checked assignments

    /// Sets a property from `property=value`; `place` says in errors where it stood.
    mutating func apply(_ assignment: some StringProtocol, where place: String) throws(KafkaError) {
        do throws(KafkaError) {
            let (name, value) = try KafkaConfiguration.checked(assignment: assignment)
            set(name, value)
        } catch {
            throw KafkaConfiguration.error("\(place): \(error.message)")
        }
    }

    /// The property and the value of `property=value`, without white space around them.
    ///
    /// - Throws: `configuration` where there is no `=`, or librdkafka does not take the property or the value. The message
    ///   holds no secret, and does not say where it stood.
    public static func checked(
        assignment: some StringProtocol
    ) throws(KafkaError) -> (property: String, value: String) {
        guard let separator = assignment.firstIndex(of: "="), separator != assignment.startIndex else {
            // The text may be a password that lost its property: do not repeat it.
            throw error("expected property=value, for example linger.ms=5")
        }
        let name = trimmed(assignment[..<separator])
        let value = trimmed(assignment[assignment.index(after: separator)...])
        // librdkafka would load them.
        if name == "plugin.library.paths" { return (name, value) }
        let scratch = rd_kafka_conf_new()!
        defer { rd_kafka_conf_destroy(scratch) }
        if let fault = fault(name, value, setting: scratch) { throw error(fault) }
        if brokerProperties.contains(name), brokers(in: value) == nil { throw error("\(name): \(brokersExpected)") }
        return (name, value)
    }

    /// Hands one property to librdkafka.
    static func apply(
        _ name: String, _ value: String, to configuration: OpaquePointer, where place: String
    ) throws(KafkaError) {
        if let fault = fault(name, value, setting: configuration) { throw error("\(place): \(fault)") }
    }

    private static func error(_ message: String) -> KafkaError {
        KafkaError(.configuration, message, rdKafkaCode: RD_KAFKA_RESP_ERR__INVALID_ARG)
    }

    private static func fault(_ name: String, _ value: String, setting configuration: OpaquePointer) -> String? {
        var text = [CChar](repeating: 0, count: 512)
        let result = rd_kafka_conf_set(configuration, name, value, &text, text.count)
        if result == RD_KAFKA_CONF_OK { return nil }
        if result == RD_KAFKA_CONF_UNKNOWN || PropertyCatalog.javaProperties[name] != nil {
            var message = "unknown property \"\(name)\""
            if let suggestion = PropertyCatalog.suggestion(for: name) { message += "; did you mean \(suggestion)?" }
            return message + " (librdkafka's CONFIGURATION.md lists all)"
        }
        // librdkafka repeats the value in its reason.
        if isSecret(name) { return "librdkafka refuses the value of \"\(name)\"" }
        return "\(name)=\(value): " + text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }
}
