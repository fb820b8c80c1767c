/// What an experiment measures: who goes on with one that was cut off must measure the same.
public struct ExperimentSettings: Sendable, Codable, Equatable {
    /// Numbers of producers, one curve each.
    public var producers = [1, 2, 3, 4]
    /// Numbers of instances of infer; 0 starts neither infer nor persist, for a pipeline that runs already.
    public var infers = [1]
    /// Images a second of each producer, one set of curves each; empty: as many that the most producers together offer
    /// `defaultLoad` of what the first number of instances can do.
    public var rates: [Double] = []
    /// How images follow one another: `constant` or `poisson`.
    public var arrival = "constant"
    /// Simulated devices of each producer.
    public var devices = 100
    /// Dataset, as `Datasets.open` takes it; nil is the embedded sample.
    public var dataset: String?
    /// Options of every infer, such as `--weights`.
    public var inferArguments: [String] = []
    /// The Kafka cluster; nil is the embedded broker.
    public var bootstrapServers: String?
    /// Whether somebody else runs infer, persist and the producers.
    public var isScaledOutside = false
    /// What else was as it was, for the report.
    public var conditions: [String] = []
    /// Whether the database is one that was given.
    public var usesGivenDatabase = false
    /// Seconds before images count.
    public var warmUp = 5.0
    /// Seconds of a window: a run ends when three in a row are alike.
    public var window = 5.0
    /// Seconds after which a run ends anyhow.
    public var timeLimit = 60.0
    /// The percentile that an acceptable run keeps.
    public var limit: LatencyLimit?
    /// Whether the highest rate is searched that keeps the limit.
    public var findsMaxRate = false
    /// Images a second for which the report says how many instances they need.
    public var targetRate: Double?

    /// The share of the capacity that the most producers offer together where no rate is given.
    static let defaultLoad = 0.8

    /// The defaults.
    public init() {}
}
