/// What the processes of a pipeline on this machine are started with.
public struct PipelineSetup: Sendable {
    /// The program to start the roles with: this one.
    public var executable: String
    /// A Kafka cluster to use in place of the embedded broker.
    public var bootstrapServers: String?
    /// librdkafka properties for that cluster, as `property=value`.
    public var kafkaProperties: [String] = []
    /// File with librdkafka properties for that cluster.
    public var kafkaConfig: String?
    /// A database to use in place of a private one.
    public var database: String?
    /// Whether a private database is started where none is given.
    public var needsDatabase = true
    /// Weights file of every infer; nil takes the best that is there (see `ModelLocator`).
    public var weights: String?
    /// Other options of every infer, such as `--batch`.
    public var inferArguments: [String] = []

    /// All that is given to every infer.
    public var allInferArguments: [String] { (weights.map { ["--weights", $0] } ?? []) + inferArguments }

    /// - Parameter executable: path of iotpipe.
    public init(executable: String) {
        self.executable = executable
    }
}
