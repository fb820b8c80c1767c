import Kafka
import Telemetry

/// What of a run is not done yet. The embedded broker drops the oldest beyond 5 MiB a partition, and what an earlier run
/// left would be counted to the next: so none starts before this is empty.
final class PipelineBacklog {
    private let admin: Admin
    private let group: Consumer
    private let places: [TopicPartition]
    private let images: String

    /// The topics are made where they are missing.
    ///
    /// - Parameters:
    ///   - kafka: librdkafka's properties.
    ///   - group: infer's consumer group.
    init(
        kafka: KafkaConfiguration, admin: Admin, group: String = "iotpipe-infer", topics: TopicSetup = TopicSetup(),
        logger: Logger
    ) throws {
        self.admin = admin
        self.group = try Consumer(configuration: kafka, group: group)
        images = topics.images
        places = try topics.ensure(with: admin, timeout: .seconds(30), logger: logger).flatMap { topic, partitions in
            (0..<partitions).map { TopicPartition(topic: topic, partition: $0) }
        }
    }

    /// The partitions of the images: as many infers can share them.
    var imagePartitions: Int { places.count { $0.topic == images } }

    /// Counts now.
    ///
    /// - Parameter stored: the offset that follows the last message stored of each partition; nil where nobody stores.
    func read(_ stored: () throws -> [TopicPartition: Int64]?) throws -> Counts {
        var ends: [TopicPartition: Int64] = [:]
        // The ends first: what is stored and committed by then can only be more.
        for end in try admin.ends(of: places, timeout: .seconds(10)) { ends[end.topicPartition] = end.offset }
        let imagePlaces = places.filter { $0.topic == images }
        var committed: [TopicPartition: Int64] = [:]
        for offset in try group.committed(imagePlaces, timeout: .seconds(10)) where offset.offset >= 0 {
            committed[offset.topicPartition] = offset.offset
        }
        // A pipeline that runs elsewhere may have another group: nothing is known of it then.
        let imageEnds = committed.isEmpty ? [:] : ends.filter { $0.key.topic == images }
        return Counts(
            unstored: try stored().map { PipelineBacklog.missing(ends, in: $0) } ?? 0,
            unanswered: PipelineBacklog.missing(imageEnds, in: committed))
    }

    /// How many messages lie behind these offsets.
    static func missing(_ ends: [TopicPartition: Int64], in offsets: [TopicPartition: Int64]) -> Int64 {
        ends.reduce(0) { $0 + max(0, $1.value - offsets[$1.key, default: 0]) }
    }

    /// What is not done.
    struct Counts {
        /// Messages that persist has not stored.
        let unstored: Int64
        /// Images whose result or dead letter infer has not sent.
        let unanswered: Int64

        /// Whether all is done.
        var isEmpty: Bool { unstored == 0 && unanswered == 0 }
    }
}
