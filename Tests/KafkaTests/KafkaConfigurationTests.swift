import Foundation
import Testing

@testable import Kafka

@Suite struct KafkaConfigurationTests {
    @Test func lastAssignmentCounts() throws {
        var configuration = KafkaConfiguration(bootstrapServers: "a:9092")
        configuration.set("linger.ms", "5")
        configuration.set("linger.ms", "7")
        #expect(configuration["linger.ms"] == "7")
        #expect(configuration["bootstrap.servers"] == "a:9092")
        #expect(configuration["acks"] == nil)
    }

    @Test func assignmentIsTakenApart() throws {
        let (property, value) = try KafkaConfiguration.checked(assignment: " linger.ms = 7 ")
        #expect(property == "linger.ms" && value == "7")
        // Checking it would load it.
        #expect(try KafkaConfiguration.checked(assignment: "plugin.library.paths=/none.so").value == "/none.so")
    }

    @Test(arguments: [
        "a", "a:1,b:2", "[::1]:9092", "::1", "[::1]", "SASL_SSL://kafka:9093", " a , b:9092", "a:1,", ":9092",
        "SSL://a:9093/",
    ])
    func brokersAreTaken(list: String) {
        #expect(KafkaConfiguration.brokers(in: list)?.joined(separator: ",").contains(" ") == false)
    }

    @Test(arguments: ["", ",", "a:", "a:0", "a:70000", "a:x", "kafka:9092/topic", "a b", "http://a:9092", "[::1]:x"])
    func malformedBrokersAreRefused(list: String) {
        #expect(KafkaConfiguration.brokers(in: list) == nil)
        #expect(throws: KafkaError.self) { try KafkaConfiguration.checked(assignment: "bootstrap.servers=\(list)") }
    }

    @Test func unknownPropertyIsRefusedWithASuggestion() {
        let error = kafkaError { try KafkaConfiguration.checked(assignment: "lingre.ms=5") }
        #expect(error?.code == .configuration)
        #expect(error?.message.hasPrefix("unknown property \"lingre.ms\"; did you mean linger.ms?") == true)
        let java = kafkaError { try KafkaConfiguration.checked(assignment: "sasl.jaas.config=x") }
        #expect(java?.message.contains("sasl.username and sasl.password") == true)
        let far = kafkaError { try KafkaConfiguration.checked(assignment: "zzzzzzzzzz=5") }
        #expect(far?.message.contains("did you mean") == false)
    }

    @Test(arguments: ["linger.ms", "=5", "secret-without-property"])
    func malformedAssignmentIsRefusedWithoutRepeatingIt(assignment: String) {
        let error = kafkaError { try KafkaConfiguration.checked(assignment: assignment) }
        #expect(error?.message == "expected property=value, for example linger.ms=5")
    }

    @Test func badValueIsRefused() {
        let error = kafkaError { try KafkaConfiguration.checked(assignment: "acks=many") }
        #expect(error?.message.contains("acks=many") == true)
        #expect(throws: KafkaError.self) { try KafkaConfiguration.checked(assignment: "linger.ms=-4") }
    }

    @Test func contradictionIsFoundWhenTheClientIsMade() {
        var configuration = KafkaConfiguration(bootstrapServers: "a:9092")
        configuration.set("enable.idempotence", "true")
        configuration.set("acks", "1")
        let error = kafkaError {
            try Producer(configuration: configuration, onDelivery: { _ in })
        }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("enable.idempotence") == true)
    }

    @Test func secretsAreRedacted() {
        var configuration = KafkaConfiguration(bootstrapServers: "a:9092")
        configuration.set("sasl.username", "user")
        configuration.set("sasl.password", "hunter2")
        configuration.set("ssl.key.pem", "-----BEGIN")
        let shown = configuration.redacted
        #expect(shown.first { $0.0 == "sasl.password" }?.1 == "***")
        #expect(shown.first { $0.0 == "ssl.key.pem" }?.1 == "***")
        #expect(shown.first { $0.0 == "sasl.username" }?.1 == "user")
        for name in ["ssl.keystore.password", "sasl.oauthbearer.client.secret", "ssl.key.password"] {
            #expect(KafkaConfiguration.isSecret(name))
        }
        #expect(!KafkaConfiguration.isSecret("ssl.ca.location"))
    }

    @Test func fileIsReadLineByLine() throws {
        let path = NSTemporaryDirectory() + "kafka-\(UUID().uuidString).properties"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "# brokers\r\nbootstrap.servers = b:1,c:2\r\n\r\n! old\nsasl.password=a=b \n".write(
            toFile: path, atomically: true, encoding: .utf8)
        var configuration = KafkaConfiguration(bootstrapServers: "a:9092")
        try configuration.load(file: path)
        #expect(configuration.bootstrapServers == "b:1,c:2")
        #expect(configuration["sasl.password"] == "a=b")

        try "acks=all\nnonsense\n".write(toFile: path, atomically: true, encoding: .utf8)
        let error = kafkaError { try configuration.load(file: path) }
        #expect(error?.message.hasPrefix("\(path):2: expected property=value") == true)
    }

    @Test func missingFileIsNamed() {
        var configuration = KafkaConfiguration(bootstrapServers: "a:9092")
        let error = kafkaError { try configuration.load(file: "/nonexistent/kafka.conf") }
        #expect(error?.message.contains("/nonexistent/kafka.conf: No such file or directory") == true)
    }
}
