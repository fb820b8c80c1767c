import Events
import Kafka

/// What a replay is asked to do.
public struct DeadLetterReplayOptions: Sendable {
    /// Which letters are replayed.
    public enum Selection: Sendable {
        /// These, whether or not they were replayed before.
        case ids([MessagePlace])
        /// Those that the filter lets through.
        case filter(DeadLetterFilter)
    }

    /// The cluster.
    public var kafka: KafkaConfiguration
    /// The database, as persist takes it.
    public var database: String?
    /// Which letters are replayed.
    public var selection: Selection
    /// The cluster of the letters that ids name; nil for any.
    public var cluster: String?
    /// Headers to set, or to remove where their value is empty, in every replayed message.
    public var headers: [(name: String, value: String)] = []
    /// A file whose content replaces the value.
    public var valueFile: String?
    /// Whether only to say what would be sent.
    public var isDryRun = false
    /// Whether letters of another cluster, or of one that is not known, are sent to this one.
    public var isForced = false
    /// How long the broker may take to answer and to acknowledge.
    public var timeout = Duration.seconds(30)

    /// A replay of these letters.
    public init(kafka: KafkaConfiguration, selection: Selection) {
        self.kafka = kafka
        self.selection = selection
    }
}
