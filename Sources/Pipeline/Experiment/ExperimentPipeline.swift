import Glibc
import Kafka

/// The pipeline that an experiment measures: its infers and its producers come and go as the experiment asks.
protocol ExperimentPipeline: AnyObject {
    /// The Kafka cluster.
    var bootstrapServers: String { get }
    /// How to reach the database; an empty text where nobody asks it.
    var database: String { get }
    /// Whether the broker is the embedded one.
    var isEmbedded: Bool { get }
    /// The processes that run on this machine, by what they do.
    var processes: [(role: String, process: pid_t)] { get }
    /// Whether every producer has ended.
    var producersEnded: Bool { get }

    /// librdkafka's properties for questions to the cluster.
    func kafkaConfiguration() throws -> KafkaConfiguration

    /// Brings the number of infers to that many, and waits until they, and persist, are ready.
    func startRoles(infers count: Int, until shouldStop: () -> Bool) throws

    /// Starts the producers of a run, each with a file of its own in the folder.
    ///
    /// - Parameter arguments: options of each, beside its own.
    func startProducers(of run: ExperimentRun, _ arguments: [String], folder: ExperimentFolder) throws

    /// Asks the producers to end: they wait for the results that are missing.
    func stopProducers()

    /// Forgets the producers that have ended.
    func collectProducers()

    /// Tells the producers how far persist has stored each partition: an embedded broker keeps no more.
    func grant(_ stored: [TopicPartition: Int64])

    /// - Throws: `RoleError` where something ended that should not have.
    func check() throws

    /// Ends everything that runs on this machine.
    func stop()
}

extension PipelineProcesses: ExperimentPipeline {
    func startProducers(of run: ExperimentRun, _ arguments: [String], folder: ExperimentFolder) throws {
        for number in 1...run.producers {
            try startProducer(
                number, of: run.producers, label: "\(run.name)-p\(number)",
                arguments + ["--latencies", folder.file(of: run, producer: number)])
        }
    }
}
