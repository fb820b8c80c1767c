import Kafka

/// What the storing role is asked to do.
public struct PersistOptions: Sendable {
    /// What to do where a stored offset is outside what the broker holds.
    public enum OffsetGapPolicy: String, CaseIterable, Sendable {
        /// Stop with an error that says what is missing.
        case fail
        /// Go on from the earliest offset that the broker holds.
        case earliest
    }

    /// The cluster.
    public var kafka: KafkaConfiguration
    /// The database, as a URL or `key=value` pairs; nil leaves it to DATABASE_URL and libpq's PG* variables.
    public var database: String?
    /// The topics.
    public var topics = TopicSetup()
    /// The consumer group, which also names the stored offsets.
    public var group = "iotpipe-persist"
    /// Messages in one transaction at most.
    public var batch = 2_000
    /// How long a batch is collected.
    public var batchDelay = Duration.milliseconds(100)
    /// What to do where a stored offset is outside what the broker holds.
    public var onOffsetGap = OffsetGapPolicy.fail
    /// How long a stop may take: a database that is away is waited for as long.
    public var drainTimeout = Duration.seconds(20)
    /// How long broker and database may take to answer at the start.
    public var connectTimeout = Duration.seconds(30)

    /// - Parameter kafka: the cluster.
    public init(kafka: KafkaConfiguration) {
        self.kafka = kafka
    }
}
