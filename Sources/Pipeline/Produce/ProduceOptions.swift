import Kafka

/// What a producer is asked to do.
public struct ProduceOptions: Sendable {
    /// The cluster.
    public var kafka: KafkaConfiguration
    /// The topics.
    public var topics = TopicSetup()
    /// Images a second, at first.
    public var rate = 20.0
    /// The rate that is reached evenly after the warm-up, and how long that takes; nil keeps `rate`.
    public var ramp: (rate: Double, duration: Duration)?
    /// How the planned instants follow one another.
    public var arrival = Arrival.constant
    /// Images in flight at most in a closed loop, which knows no rate; nil is the open loop.
    public var closedLoop: Int?
    /// Simulated devices, which take turns.
    public var devices = 100
    /// Images that are planned within that long after the start do not count, but where they are lost.
    public var warmUp = Duration.zero
    /// Images to send after the warm-up; nil goes on until `duration` or a stop.
    public var count: Int?
    /// How long to send after the warm-up; nil goes on until `count` or a stop.
    public var duration: Duration?
    /// Dataset, as `Datasets.open` takes it; nil is the embedded sample.
    public var dataset: String?
    /// Width and height the images are brought to; nil sends them as they are.
    public var imageSize: (width: Int, height: Int)?
    /// The CSV of latencies; nil writes none.
    public var latencies: String?
    /// File to which the ids of delivered images are appended; nil keeps none.
    public var journal: String?
    /// Folder for images that the broker did not take; nil keeps none.
    public var spool: String?
    /// Bytes that the spool may take up.
    public var spoolLimit = 1 << 30
    /// Name of the run, in the CSV.
    public var run = "run"
    /// How many producers take part in the run, in the CSV.
    public var producers = 1
    /// Name of this producer: in the CSV, and in front of its device ids.
    public var producer: String
    /// An image without a result after that long is timed out.
    public var resultTimeout = Duration.seconds(30)
    /// How long a stop may take.
    public var drainTimeout = Duration.seconds(20)
    /// How long the cluster may take to answer at the start.
    public var connectTimeout = Duration.seconds(30)
    /// Images in flight at most; what is planned beyond is not sent and counted as undelivered.
    public var maxInFlight = 100_000
    /// Seed of the Poisson arrivals.
    public var seed: UInt64 = 1
    /// Whether credit comes on standard input (see `CreditWindow`): only the demo's embedded broker needs it.
    public var takesCredit = false
    /// This producer's share of an embedded broker's partition, in bytes.
    public var creditBytes = 0

    /// - Parameters:
    ///   - kafka: the cluster.
    ///   - producer: name of this producer.
    public init(kafka: KafkaConfiguration, producer: String) {
        self.kafka = kafka
        self.producer = producer
    }
}

extension ProduceOptions {
    /// The id of device number `index`: each producer has its own.
    func deviceID(_ index: Int) -> String { deviceIDPrefix + String(index) }

    /// What all device ids of this producer start with.
    var deviceIDPrefix: String { producer + "-" }
}
