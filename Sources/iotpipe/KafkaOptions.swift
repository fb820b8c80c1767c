import Arguments
import Kafka
import Pipeline

/// The options of every role that talks to Kafka.
enum KafkaOptions {
    static let bootstrapServer = Option(
        "bootstrap-server", short: "b", .text, value: "HOST:PORT,…", default: "127.0.0.1:9092",
        help: "Brokers to ask first: they name the others.")
    static let property = Option(
        "property", short: "X", repeated: .assignment, value: "PROPERTY=VALUE",
        help: "A property of librdkafka, such as linger.ms=5; counts before --kafka-config."
    )
    .secret(
        .when(alternative: "a file named by --kafka-config") { text in
            KafkaConfiguration.isSecret(String(text.prefix { $0 != "=" }))
        })
    static let configFile = Option(
        "kafka-config", optional: .file(extensions: ["properties", "conf"]), value: "FILE",
        help: "A file with such a property on each line: the place for passwords.")
    static let connectTimeout = Option(
        "connect-timeout", .duration(.milliseconds(1)...), default: .seconds(30),
        help: "How long the servers may take to answer at the start.")

    static let group = OptionGroup("Kafka", [bootstrapServer, property, configFile, connectTimeout])

    /// librdkafka's configuration: -X over the file over the defaults.
    static func configuration(_ arguments: ParsedArguments) throws -> KafkaConfiguration {
        var configuration = KafkaConfiguration(bootstrapServers: arguments[bootstrapServer])
        if let path = arguments[configFile] {
            try configuration.load(file: path)
            if arguments.isGiven(bootstrapServer) {
                configuration.set("bootstrap.servers", arguments[bootstrapServer])
            }
        }
        for assignment in arguments[property] { try configuration.apply(assignment: assignment.text) }
        return configuration
    }
}
