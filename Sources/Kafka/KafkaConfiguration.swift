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

    /// Sets a property. It is checked when a client is made; use `apply(assignment:)` to check at once.
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
        let names = ["bootstrap.servers", "metadata.broker.list"]
        return properties.last { names.contains($0.name) }?.value ?? ""
    }

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

    /// Sets a property from `property=value`, as given to `-X`.
    ///
    /// - Throws: `configuration` where there is no `=`, or librdkafka does not take the property or the value.
    public mutating func apply(assignment: String) throws(KafkaError) {
        try apply(assignment, where: "-X")
    }

    /// Sets a property from `property=value`; `place` says in errors where it stood.
    mutating func apply(_ assignment: some StringProtocol, where place: String) throws(KafkaError) {
        guard let (name, value) = KafkaConfiguration.parts(of: assignment) else {
            throw KafkaConfiguration.error("\(place): \(KafkaConfiguration.expectation)")
        }
        let scratch = rd_kafka_conf_new()!
        defer { rd_kafka_conf_destroy(scratch) }
        try KafkaConfiguration.apply(name, value, to: scratch, where: place)
        set(name, value)
    }

    /// What is wrong with `property=value`; nil where librdkafka takes it. Secrets are not repeated.
    public static func fault(inAssignment text: String) -> String? {
        guard let (name, value) = parts(of: text) else { return expectation }
        let scratch = rd_kafka_conf_new()!
        defer { rd_kafka_conf_destroy(scratch) }
        return fault(name, value, setting: scratch)
    }

    // Without the text, which may be a password that lost its property.
    private static let expectation = "expected property=value, for example linger.ms=5"

    private static func parts(of assignment: some StringProtocol) -> (name: String, value: String)? {
        guard let separator = assignment.firstIndex(of: "="), separator != assignment.startIndex else { return nil }
        return (trimmed(assignment[..<separator]), trimmed(assignment[assignment.index(after: separator)...]))
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
