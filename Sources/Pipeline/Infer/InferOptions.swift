import Kafka

/// What a classifier is asked to do.
public struct InferOptions: Sendable {
    /// The cluster.
    public var kafka: KafkaConfiguration
    /// The topics.
    public var topics = TopicSetup()
    /// The consumer group.
    public var group = "iotpipe-infer"
    /// The model.
    public var model = ModelSettings()
    /// How long the oldest image of a batch waits for more.
    public var batchDelay = Duration.zero
    /// What is promised about results.
    public var delivery = DeliveryGuarantee.atLeastOnce
    /// How often finished offsets are committed; nil is a second, or a tenth of one with transactions, for which results
    /// wait.
    public var commitInterval: Duration?
    /// How long a stop may take.
    public var drainTimeout = Duration.seconds(20)
    /// How long the cluster may take to answer at the start.
    public var connectTimeout = Duration.seconds(30)

    /// - Parameter kafka: the cluster.
    public init(kafka: KafkaConfiguration) {
        self.kafka = kafka
    }

    /// The interval in force.
    var effectiveCommitInterval: Duration {
        commitInterval ?? (delivery == .exactlyOnce ? .milliseconds(100) : .seconds(1))
    }

    /// The consumer's configuration. With transactions it reads the group's offsets only once no transaction is open
    /// that may change them.
    var consumerConfiguration: KafkaConfiguration {
        var configuration = kafka
        if delivery == .exactlyOnce { configuration.set("isolation.level", "read_committed") }
        return configuration
    }

    /// The producer's configuration. Transactions are known by the group and this process's name in it: whoever starts under
    /// the same name ends what was left open.
    ///
    /// - Throws: `RoleError` (64) for a `transactional.id` without transactions.
    var producerConfiguration: KafkaConfiguration {
        get throws {
            var configuration = kafka
            guard delivery == .exactlyOnce else {
                if configuration["transactional.id"] == nil { return configuration }
                throw RoleError(
                    .usage, "transactional.id needs --delivery exactly-once: add that, or leave the property out")
            }
            if configuration["transactional.id"] == nil {
                let name = configuration["group.instance.id"] ?? HostName.current ?? "localhost"
                configuration.set("transactional.id", "\(group)-\(name)")
            }
            // A killed instance blocks readers for that long.
            if configuration["transaction.timeout.ms"] == nil { configuration.set("transaction.timeout.ms", "10000") }
            return configuration
        }
    }
}
