import Inference
import Kafka

/// What a classifier is asked to do.
public struct InferOptions: Sendable {
    /// The cluster.
    public var kafka: KafkaConfiguration
    /// The topics.
    public var topics = TopicSetup()
    /// The consumer group.
    public var group = "iotpipe-infer"
    /// Weights file; nil takes the best that is there (see `ModelLocator`).
    public var weights: String?
    /// Arithmetic of the forward pass.
    public var precision = Precision.auto
    /// Where the model runs.
    public var device = "cpu"
    /// Images in one forward pass at most.
    public var batch = 8
    /// How long the oldest image of a batch waits for more.
    public var batchDelay = Duration.milliseconds(2)
    /// Model instances that work side by side, each with `threads` threads.
    public var streams = 1
    /// Threads of one model instance; nil shares the machine's cores between the streams.
    public var threads: Int?
    /// How often finished offsets are committed.
    public var commitInterval = Duration.seconds(1)
    /// How long a stop may take.
    public var drainTimeout = Duration.seconds(20)
    /// How long the cluster may take to answer at the start.
    public var connectTimeout = Duration.seconds(30)

    /// - Parameter kafka: the cluster.
    public init(kafka: KafkaConfiguration) {
        self.kafka = kafka
    }
}
