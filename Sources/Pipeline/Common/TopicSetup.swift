import Events
import Kafka
import Telemetry

/// The three topics of a pipeline, and whether a role may make those that are missing.
public struct TopicSetup: Sendable {
    /// Topic of captured images.
    public var images = Topics.images
    /// Topic of classification results.
    public var inferences = Topics.inferences
    /// Topic of what could not be processed.
    public var deadLetters = Topics.deadLetters
    /// Partitions of a topic that has to be made.
    public var partitions: Int32 = 4
    /// Replicas of a topic that has to be made; -1 leaves it to the broker's `default.replication.factor`.
    public var replicationFactor: Int32 = -1
    /// How long a topic that has to be made keeps its messages: Kafka's own default, said so that a broker with another
    /// one does not delete what was not read yet.
    public var retention = Duration.seconds(7 * 86_400)
    /// How many bytes a partition of a topic that has to be made keeps; nil leaves it to the broker.
    public var retentionBytes: Int?
    /// How many replicas must have a message before it counts as written; nil is one less than there are replicas, so
    /// that one may be away, and leaves it to the broker where it decides on the replicas.
    public var minInSyncReplicas: Int32?
    /// Whether missing topics are made.
    public var createsMissing = true

    /// The defaults.
    public init() {}

    /// The three names.
    public var all: [String] { [images, inferences, deadLetters] }

    /// How long dead letters stay at least: an operator may come late.
    static let deadLetterRetention = Duration.seconds(30 * 86_400)

    /// The properties of a topic that has to be made.
    func configuration(of name: String) -> [String: String] {
        let isDeadLetters = name == deadLetters
        let retention = isDeadLetters ? max(retention, TopicSetup.deadLetterRetention) : retention
        var configuration = ["retention.ms": "\(retention.wholeMilliseconds)"]
        // Dead letters are few, and none may go because others came.
        if let retentionBytes, !isDeadLetters { configuration["retention.bytes"] = "\(retentionBytes)" }
        let inSync = minInSyncReplicas ?? (replicationFactor > 0 ? max(1, replicationFactor - 1) : nil)
        if let inSync { configuration["min.insync.replicas"] = "\(inSync)" }
        return configuration
    }

    /// Makes sure that the three topics exist and returns their numbers of partitions.
    ///
    /// - Parameters:
    ///   - admin: a client of the cluster.
    ///   - timeout: how long the broker may take to answer, and a new topic to appear.
    /// - Throws: `KafkaError` where the broker cannot be reached or refuses; `RoleError` (69) where a topic is missing
    ///   and may not be made.
    public func ensure(with admin: Admin, timeout: Duration, logger: Logger) throws -> [String: Int32] {
        let deadline = MonotonicDeadline(after: timeout)
        var metadata = try admin.metadata(timeout: timeout)
        let missing = all.filter { name in metadata.topic(named: name) == nil }
        if !missing.isEmpty {
            guard createsMissing else {
                let names = missing.joined(separator: ", ")
                throw RoleError(
                    .unavailable,
                    """
                    topic \(names) does not exist on the broker: make it with `iotpipe broker-check --create-topics`, \
                    or leave out --no-create-topics
                    """)
            }
            let topics = missing.map {
                Admin.NewTopic(
                    $0, partitions: partitions, replicationFactor: replicationFactor,
                    configuration: configuration(of: $0))
            }
            for (name, error) in try admin.createTopics(topics, timeout: deadline.remaining) {
                // Another role may have been faster.
                if let error, error.code != .topicExists { throw error }
                logger.info("topic made", ["topic": name, "partitions": partitions])
            }
            // A new topic takes a moment to reach every broker's metadata.
            repeat {
                metadata = try admin.metadata(timeout: deadline.remaining)
                if all.allSatisfy({ metadata.topic(named: $0)?.hasLeaders == true }) { break }
                deadline.pause(.milliseconds(50))
            } while !deadline.hasPassed
        }
        var partitionCounts: [String: Int32] = [:]
        for name in all {
            guard let topic = metadata.topic(named: name), topic.hasLeaders else {
                throw RoleError(
                    .unavailable,
                    "topic \(name) has no leader for each of its partitions: look at it with `iotpipe broker-check`")
            }
            partitionCounts[name] = Int32(topic.partitions.count)
        }
        return partitionCounts
    }
}

extension ClusterMetadata {
    /// The topic of that name, if the cluster has it.
    func topic(named name: String) -> Topic? {
        topics.first { $0.name == name && !$0.partitions.isEmpty }
    }
}

extension ClusterMetadata.Topic {
    /// Whether each partition has a leader.
    var hasLeaders: Bool { partitions.allSatisfy { $0.leader >= 0 } }
}

extension Duration {
    /// Whole milliseconds, the rest dropped.
    fileprivate var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
