import CRdKafka

/// librdkafka's mock cluster: brokers within this process that speak Kafka's protocol on loopback ports, in memory.
///
/// For trying out and for tests. It keeps 5 MiB per partition and silently drops the oldest beyond that; it has no
/// CreateTopics (use `createTopic`), no ACLs; aborted transactions stay visible, and the offsets of committed ones are
/// forgotten; members of one group that name different assignors abort the process. Clients want `clientProperties`.
public final class EmbeddedBroker: @unchecked Sendable {
    // `@unchecked`: the cluster's functions are thread-safe and the pointer never changes.
    private let cluster: OpaquePointer
    // Retained because the cluster lives in this client and must be destroyed before it.
    private let handle: ClientHandle

    /// `host:port` of every broker, with commas between.
    public let bootstrapServers: String

    /// What clients of this broker set, so that groups form and messages arrive quickly.
    public static let clientProperties: KeyValuePairs<String, String> = [
        "session.timeout.ms": "6000", "fetch.wait.max.ms": "10", "auto.offset.reset": "earliest",
    ]

    /// Starts the brokers.
    public init(brokers: Int32 = 1) throws(KafkaError) {
        let configuration = KafkaConfiguration(bootstrapServers: "")
        let handle = try ClientHandle(
            RD_KAFKA_PRODUCER, configuration, defaults: ["client.id": "iotpipe-embedded-broker"],
            context: ClientContext(configuration, onError: { _ in }, onLog: { _, _, _ in }))
        guard let cluster = handle.withPointer({ rd_kafka_mock_cluster_new($0, brokers) }) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, "start an embedded broker on a loopback port")
        }
        self.handle = handle
        self.cluster = cluster
        bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
    }

    /// A configuration for clients of this broker.
    public var clientConfiguration: KafkaConfiguration {
        var configuration = KafkaConfiguration(bootstrapServers: bootstrapServers)
        for (name, value) in EmbeddedBroker.clientProperties { configuration.set(name, value) }
        return configuration
    }

    /// Makes a topic, each partition once on one broker.
    public func createTopic(_ name: String, partitions: Int32) throws(KafkaError) {
        let code = rd_kafka_mock_topic_create(cluster, name, partitions, 1)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, "create the topic \(name)") }
    }

    /// Gives a partition to another broker. Brokers count from 1.
    public func moveLeader(of partition: TopicPartition, to broker: Int32) throws(KafkaError) {
        let code = rd_kafka_mock_partition_set_leader(cluster, partition.topic, partition.partition, broker)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, "let broker \(broker) lead \(partition)") }
    }

    /// Says that there is no such topic, as a broker does that has just started and knows none yet; or knows it again.
    public func forgetTopic(_ name: String, _ isForgotten: Bool) {
        rd_kafka_mock_topic_set_error(
            cluster, name, isForgotten ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART : RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    /// Cuts a broker off: its connections end and new ones are refused. Brokers count from 1.
    public func stopBroker(_ broker: Int32) throws(KafkaError) {
        let code = rd_kafka_mock_broker_set_down(cluster, broker)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, "stop the embedded broker \(broker)") }
    }

    /// Lets every broker take that much longer to answer each request, as one far away does.
    public func setRoundTripTime(_ duration: Duration) {
        rd_kafka_mock_broker_set_rtt(cluster, -1, duration.milliseconds)
    }

    /// What a broker may answer in place of doing what was asked.
    public enum Refusal: Sendable {
        /// To a produce request: it has lost track of an idempotent producer. That is a fatal error where there are no
        /// transactions.
        case outOfOrderSequence
        /// To the end of a transaction: a newer producer has the same `transactional.id`.
        case producerFenced
        /// To the end of a transaction: the coordinator has just started.
        case coordinatorLoading
        /// To offsets of a transaction: the group has gone on without this member.
        case illegalGeneration
        /// To offsets of a transaction: another member has this one's `group.instance.id`.
        case fencedMember
    }

    /// Answers the next request of that kind with an error.
    public func refuseNext(_ refusal: Refusal) {
        let (request, answer) =
            switch refusal {
            case .outOfOrderSequence: (EmbeddedBroker.produce, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER)
            case .producerFenced: (EmbeddedBroker.endTransaction, RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
            case .coordinatorLoading:
                (EmbeddedBroker.endTransaction, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS)
            case .illegalGeneration: (EmbeddedBroker.commitInTransaction, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION)
            case .fencedMember: (EmbeddedBroker.commitInTransaction, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
            }
        var error = answer
        rd_kafka_mock_push_request_errors_array(cluster, request, 1, &error)
    }

    // The protocol's numbers of requests.
    private static let produce: Int16 = 0
    private static let endTransaction: Int16 = 26
    private static let commitInTransaction: Int16 = 28

    /// Lets a broker answer again.
    public func startBroker(_ broker: Int32) throws(KafkaError) {
        let code = rd_kafka_mock_broker_set_up(cluster, broker)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, "start the embedded broker \(broker)") }
    }
}
