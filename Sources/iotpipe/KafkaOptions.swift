import Arguments
import Kafka
import Pipeline

/// The options of every role that talks to Kafka.
enum KafkaOptions {
    static let bootstrapServer = Option(
        "bootstrap-server", short: "b", .brokers, default: "127.0.0.1:9092",
        help: "Brokers to ask first: they name the others.")
    static let property = Option(
        "property", short: "X", repeated: .kafkaProperty,
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

    /// For the roles that are members of a group: to be put into the command's own options.
    static let instanceID = Option(
        "instance-id", optional: .instanceName, value: "NAME",
        help: """
            This process's name in its group, the same after each restart: one within session.timeout.ms moves no \
            partition. No two processes may share it.
            """
    )
    .describingDefault("none: every start and end moves partitions")

    static let group = OptionGroup("Kafka", [bootstrapServer, property, configFile, connectTimeout])

    /// librdkafka's configuration: -X over the options over the file over the defaults.
    static func configuration(_ arguments: ParsedArguments) throws -> KafkaConfiguration {
        try configuration(arguments, instanceID: nil)
    }

    /// The configuration of a group's member: `--instance-id` is its `group.instance.id`.
    static func memberConfiguration(_ arguments: ParsedArguments) throws -> KafkaConfiguration {
        try configuration(arguments, instanceID: arguments[instanceID])
    }

    private static func configuration(
        _ arguments: ParsedArguments, instanceID: String?
    ) throws -> KafkaConfiguration {
        var configuration = KafkaConfiguration(bootstrapServers: arguments[bootstrapServer])
        if let path = arguments[configFile] {
            try configuration.load(file: path)
            if arguments.isGiven(bootstrapServer) {
                configuration.set("bootstrap.servers", arguments[bootstrapServer])
            }
        }
        if let instanceID { configuration.set("group.instance.id", instanceID) }
        for assignment in arguments[property] { configuration.set(assignment.name, assignment.value) }
        return configuration
    }
}

extension ValueType where Value == String {
    /// A name that Kafka takes for a member of a group.
    fileprivate static var instanceName: ValueType<String> {
        ValueType<String>(
            placeholder: "NAME",
            parse: { (text) throws(ArgumentError) -> String in
                let isLegal = text.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
                guard isLegal, (1...249).contains(text.utf8.count), text != ".", text != ".." else {
                    throw .badValue("1 to 249 letters, digits, dots, underscores or hyphens, such as infer-1")
                }
                return text
            },
            format: { $0 })
    }
}
