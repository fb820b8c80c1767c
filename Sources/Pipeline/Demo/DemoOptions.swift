/// What the demo is asked to do.
public struct DemoOptions: Sendable {
    /// Numbers of producers, one curve each.
    public var producers = [1, 2, 3, 4]
    /// Images a second, each producer.
    public var rate = 20.0
    /// Images, each producer.
    public var count = 200
    /// Simulated devices, each producer.
    public var devices = 100
    /// Dataset, as `Datasets.open` takes it; nil is the embedded sample.
    public var dataset: String?
    /// Weights file; nil takes the best that is there.
    public var weights: String?
    /// A Kafka cluster to use in place of the embedded broker.
    public var bootstrapServers: String?
    /// librdkafka properties for that cluster, as `property=value`.
    public var kafkaProperties: [String] = []
    /// File with librdkafka properties for that cluster.
    public var kafkaConfig: String?
    /// A database to use in place of a private one.
    public var database: String?
    /// Keeps everything running at the end, until Ctrl-C.
    public var keeps = false
    /// Folder for the pictures and CSV files.
    public var output = "iotpipe-demo"
    /// The program to start the roles with: this one.
    public var executable: String

    /// - Parameter executable: path of iotpipe.
    public init(executable: String) {
        self.executable = executable
    }
}
