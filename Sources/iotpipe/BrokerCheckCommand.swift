import Arguments
import Pipeline
import Telemetry

/// `iotpipe broker-check`: a look at the cluster.
enum BrokerCheckCommand {
    static let createTopics = Option("create-topics", flag: false, help: "Make the topics that are missing.")
    static let wait = Option(
        "wait", optional: .duration(.zero...), help: "Look again until the cluster is healthy, for that long at most."
    )
    .describingDefault("look once")
    static let timeout = Option(
        "timeout", .duration(.milliseconds(1)...), default: .seconds(5),
        help: "How long one step of the check may take.")
    static let groups = Option(
        "groups", .list(of: .text), value: "GROUP,…", default: ["iotpipe-infer", "iotpipe-persist"],
        help: "Consumer groups whose lag is shown.")
    static let json = Option("json", flag: false, help: "Print the report as JSON.")

    static let command = Command(
        name: "broker-check", abstract: "look at the Kafka cluster and say what is wrong with it",
        discussion: """
            Connects, then looks at brokers and their advertised listeners, topics, in-sync replicas, the groups' lag, and \
            times a message through a probe topic. Ends with 0 when healthy, 1 when degraded (each finding is a line), 69 \
            when unreachable, 77 when the credentials are refused.
            """,
        options: [createTopics, wait, timeout, groups, json],
        groups: [
            OptionGroup("Kafka", [KafkaOptions.bootstrapServer, KafkaOptions.property, KafkaOptions.configFile]),
            OptionGroup(
                "Topics",
                [TopicOptions.images, TopicOptions.inferences, TopicOptions.deadLetters] + TopicOptions.properties),
            ServiceOptions.logGroup,
        ],
        examples: [
            Command.Example(
                "iotpipe broker-check -b kafka:9092 --create-topics --wait 60s",
                "wait for a cluster that is starting, and make the topics"),
            Command.Example(
                "iotpipe broker-check --kafka-config client.properties --json",
                "with credentials from a file, for a script"),
        ],
        run: execute)

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        var options = BrokerCheck.Options(kafka: try KafkaOptions.configuration(arguments))
        options.topics = try TopicOptions.topics(arguments)
        options.createsTopics = arguments[createTopics]
        options.wait = arguments[wait]
        options.timeout = arguments[timeout]
        options.groups = arguments[groups]
        let logger = try ServiceOptions.logger("broker-check", arguments)
        let report = try BrokerCheck(options: options, logger: logger).run()
        Output.line(arguments[json] ? try report.json() : report.text)
        return report.status.rawValue
    }
}
