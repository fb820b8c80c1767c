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
    static let retention = Option(
        "retention", .duration(.seconds(1)...), default: TopicSetup().retention,
        help: "How long a topic that is made keeps messages; dead letters stay 30d, or as long as this if longer.")
    static let retentionBytes = Option(
        "retention-bytes", optional: .bytes(1...),
        help: "How much a partition of a topic that is made keeps; not of dead letters."
    )
    .describingDefault("the broker's log.retention.bytes")
    static let minInSyncReplicas = Option(
        "min-insync-replicas", optional: .integer(1...1_000),
        help: "Replicas that must have a message before it counts as written, in a topic that is made."
    )
    .describingDefault("one less than --replication-factor, else the broker's")
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
        "Topics", [images, inferences, deadLetters] + properties + [createTopics])

    /// What a topic that is made is like.
    static let properties: [any AnyOption] = [
        partitions, replicationFactor, minInSyncReplicas, retention, retentionBytes,
    ]

    /// The topics as the options say, for a role that makes those that are missing unless told not to.
    static func setup(_ arguments: ParsedArguments) throws(ArgumentError) -> TopicSetup {
        var setup = try topics(arguments)
        setup.createsMissing = arguments[createTopics]
        return setup
    }

    /// The topics' names and properties as the options say.
    static func topics(_ arguments: ParsedArguments) throws(ArgumentError) -> TopicSetup {
        var setup = TopicSetup()
        setup.images = arguments[images]
        setup.inferences = arguments[inferences]
        setup.deadLetters = arguments[deadLetters]
        setup.partitions = Int32(arguments[partitions])
        setup.replicationFactor = arguments[replicationFactor].map { Int32($0) } ?? -1
        setup.retention = arguments[retention]
        setup.retentionBytes = arguments[retentionBytes]
        setup.minInSyncReplicas = arguments[minInSyncReplicas].map { Int32($0) }
        try checkReplicas(arguments)
        return setup
    }

    /// A topic whose messages need more replicas than it has takes no message at all.
    private static func checkReplicas(_ arguments: ParsedArguments) throws(ArgumentError) {
        guard let inSync = arguments[minInSyncReplicas], inSync > 1 else { return }
        guard let replicas = arguments[replicationFactor] else {
            throw arguments.error(minInSyncReplicas, "say too how many replicas there are: --replication-factor N")
        }
        guard inSync <= replicas else {
            throw arguments.error(
                minInSyncReplicas,
                "must not be more than --replication-factor \(replicas), or the topic would take no message")
        }
    }
}
