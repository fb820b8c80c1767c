import Arguments
import Pipeline

/// The options about topics.
enum TopicOptions {
    static let partitions = Option(
        "partitions", .integer(1...10_000), default: 4, help: "Partitions of a topic that is made.")
    static let replicationFactor = Option(
        "replication-factor", optional: .integer(1...1_000),
        help: "Replicas of a topic that is made."
    )
    .describingDefault("the broker's default.replication.factor")
    static let createTopics = Option(
        "create-topics", flag: true, help: "Make the topics that are missing.")
    static let images = Option(
        "images-topic", .text, value: "TOPIC", default: TopicSetup().images, help: "The topic of images.")
    static let inferences = Option(
        "inferences-topic", .text, value: "TOPIC", default: TopicSetup().inferences, help: "The topic of results.")
    static let deadLetters = Option(
        "dead-letters-topic", .text, value: "TOPIC", default: TopicSetup().deadLetters,
        help: "The topic of what could not be processed.")

    static let group = OptionGroup(
        "Topics", [images, inferences, deadLetters, partitions, replicationFactor, createTopics])

    /// The topics as the options say, for a role that makes those that are missing unless told not to.
    static func setup(_ arguments: ParsedArguments) -> TopicSetup {
        var setup = topics(arguments)
        setup.createsMissing = arguments[createTopics]
        return setup
    }

    /// The topics' names, partitions and replicas as the options say.
    static func topics(_ arguments: ParsedArguments) -> TopicSetup {
        var setup = TopicSetup()
        setup.images = arguments[images]
        setup.inferences = arguments[inferences]
        setup.deadLetters = arguments[deadLetters]
        setup.partitions = Int32(arguments[partitions])
        setup.replicationFactor = arguments[replicationFactor].map { Int32($0) } ?? -1
        return setup
    }
}
