import Events
import FoundationEssentials
import Kafka
import Telemetry
import Threads

/// Looks at a Kafka cluster with a client's eyes and says what is wrong with it and what to do.
public struct BrokerCheck: Sendable {
    /// What to look at.
    public struct Options: Sendable {
        /// The cluster.
        public var kafka: KafkaConfiguration
        /// The topics that should be there.
        public var topics = TopicSetup()
        /// The consumer groups whose lag is shown.
        public var groups = ["iotpipe-infer", "iotpipe-persist"]
        /// Whether missing topics are made.
        public var createsTopics = false
        /// How long one step may take.
        public var timeout = Duration.seconds(5)
        /// How long to go on trying until the cluster is healthy; nil looks once.
        public var wait: Duration?

        /// - Parameter kafka: the cluster.
        public init(kafka: KafkaConfiguration) {
            self.kafka = kafka
        }
    }

    /// The topic that the timed round trip goes through.
    public static let probeTopic = "iotpipe.probe"

    private let options: Options
    private let logger: Logger

    /// A check with these options.
    public init(options: Options, logger: Logger) {
        self.options = options
        self.logger = logger
    }

    /// Looks once, or until all is well or the time to wait is over.
    ///
    /// - Throws: `KafkaError` of code `configuration` for properties that cannot work.
    public func run() throws -> BrokerReport {
        let deadline = MonotonicDeadline(after: options.wait ?? .zero)
        while true {
            let report = try look()
            let mayChange = report.status == .unavailable || report.status == .degraded
            guard mayChange, !deadline.hasPassed else { return report }
            logger.info("not healthy yet", ["findings": report.findings.joined(separator: "; ")])
            deadline.pause(.seconds(1))
        }
    }

    // MARK: - Steps

    private func look() throws -> BrokerReport {
        var report = BrokerReport(bootstrapServers: options.kafka.bootstrapServers, security: security)
        let admin = try Admin(configuration: options.kafka)
        var metadata: ClusterMetadata
        do {
            metadata = try admin.metadata(timeout: options.timeout)
        } catch {
            report.isUnauthorized = error.code == .authentication || error.code == .authorization
            report.findings.append(error.message)
            return report
        }
        report.isReachable = true
        report.clusterID = metadata.clusterID
        report.controllerID = metadata.controllerID < 0 ? nil : metadata.controllerID
        if metadata.controllerID < 0 {
            report.findings.append("no broker is controller: topics cannot be made; look at the controllers' logs")
        }
        checkListeners(metadata, in: &report)
        // Requests to a broker that cannot be reached would only add their time-outs.
        guard report.brokers.contains(where: { $0.connectMilliseconds != nil }) else { return report }
        if options.createsTopics {
            do {
                _ = try options.topics.ensure(with: admin, timeout: options.timeout, logger: logger)
                metadata = try admin.metadata(timeout: options.timeout)
            } catch let error as KafkaError {
                report.findings.append("topics cannot be made: \(error.message)")
            } catch let error as RoleError {
                report.findings.append(error.message)
            }
        }
        checkTopics(metadata, in: &report)
        checkGroups(metadata, admin: admin, in: &report)
        checkRoundTrip(admin: admin, in: &report)
        return report
    }

    private var security: String {
        let transport = options.kafka["security.protocol"]?.uppercased() ?? "PLAINTEXT"
        guard transport.hasPrefix("SASL") else { return transport }
        return "\(transport) with \(options.kafka["sasl.mechanism"] ?? options.kafka["sasl.mechanisms"] ?? "GSSAPI")"
    }

    private func checkListeners(_ metadata: ClusterMetadata, in report: inout BrokerReport) {
        for broker in metadata.brokers {
            var entry = BrokerReport.Broker(id: broker.id, host: broker.host, port: broker.port)
            do {
                entry.connectMilliseconds = try ListenerProbe.connect(
                    host: broker.host, port: broker.port, timeout: options.timeout)
            } catch {
                report.findings.append(
                    """
                    broker \(broker.id) advertises \(broker.host):\(broker.port), which \(error.reason): set \
                    advertised.listeners in its server.properties to an address that clients can reach
                    """)
            }
            report.brokers.append(entry)
        }
    }

    private func checkTopics(_ metadata: ClusterMetadata, in report: inout BrokerReport) {
        for name in options.topics.all {
            let topic = metadata.topic(named: name)
            let partitions = topic?.partitions.map {
                BrokerReport.Partition(
                    id: $0.id, leader: $0.leader, replicas: $0.replicas, inSyncReplicas: $0.inSyncReplicas)
            }
            report.topics.append(
                BrokerReport.Topic(name: name, exists: topic != nil, partitions: partitions ?? []))
            guard let partitions else {
                report.findings.append("topic \(name) is missing: --create-topics makes it")
                continue
            }
            for partition in partitions {
                if partition.leader < 0 {
                    report.findings.append(
                        "\(name) partition \(partition.id) has no leader: start the brokers \(partition.replicas)")
                } else if partition.inSyncReplicas.count < partition.replicas.count {
                    let behind = partition.replicas.filter { !partition.inSyncReplicas.contains($0) }
                    report.findings.append(
                        "\(name) partition \(partition.id) is under-replicated: brokers \(behind) are down or behind")
                }
            }
        }
    }

    private func checkGroups(_ metadata: ClusterMetadata, admin: Admin, in report: inout BrokerReport) {
        for name in options.groups {
            do {
                let (group, committed) = try retrying { () throws(KafkaError) in
                    (
                        try describe(name, metadata, admin: admin),
                        try committedOffsets(of: name, metadata)
                    )
                }
                let ends = try admin.ends(of: committed.map(\.topicPartition), timeout: options.timeout)
                let lags = zip(committed, ends).map { entry, end in
                    BrokerReport.Lag(
                        topic: entry.topic, partition: entry.partition, currentOffset: entry.offset,
                        logEndOffset: end.offset, lag: max(0, end.offset - entry.offset))
                }
                report.groups.append(
                    BrokerReport.Group(
                        name: name, state: group.state, members: group.members,
                        partitions: lags.sorted {
                            ($0.topic, $0.partition) < ($1.topic, $1.partition)
                        }))
            } catch {
                report.findings.append("group \(name) cannot be described: \(error.message)")
            }
        }
    }

    /// What a group has committed in the pipeline's topics, asked as a consumer that never joins it: in librdkafka 2.0.2 the
    /// admin request for it crashes where the coordinator is not ready.
    private func committedOffsets(
        of group: String, _ metadata: ClusterMetadata
    ) throws(KafkaError) -> [TopicPartitionOffset] {
        let partitions = options.topics.all.compactMap { metadata.topic(named: $0) }.flatMap { topic in
            topic.partitions.map { TopicPartition(topic: topic.name, partition: $0.id) }
        }
        guard !partitions.isEmpty else { return [] }
        let consumer = try Consumer(configuration: options.kafka, group: group)
        defer { consumer.close() }
        return try consumer.committed(partitions, timeout: options.timeout).filter { $0.offset >= 0 }
    }

    /// Repeats a request for as long as a step may take: a new cluster's coordinator needs a moment.
    private func retrying<Result>(_ body: () throws(KafkaError) -> Result) throws(KafkaError) -> Result {
        let deadline = MonotonicDeadline(after: options.timeout)
        while true {
            do throws(KafkaError) {
                return try body()
            } catch {
                guard error.isRetriable, error.code != .unreachable, !deadline.hasPassed else { throw error }
                deadline.pause(.milliseconds(100))
            }
        }
    }

    private func describe(
        _ group: String, _ metadata: ClusterMetadata, admin: Admin
    ) throws(KafkaError) -> (state: String, members: Int) {
        // librdkafka's mock cluster does not know the request, and would be asked until the time is up.
        if metadata.clusterID?.hasPrefix("mockCluster") == true { return ("unknown to an embedded broker", 0) }
        let description = try admin.describeGroup(group, timeout: options.timeout)
        return (description?.state ?? "Dead", description?.members.count ?? 0)
    }

    private func checkRoundTrip(admin: Admin, in report: inout BrokerReport) {
        do {
            report.roundTripMilliseconds = try RoundTrip(
                kafka: options.kafka, topic: BrokerCheck.probeTopic, timeout: options.timeout
            ).measure(admin: admin)
        } catch let error as KafkaError {
            report.findings.append("no round trip through \(BrokerCheck.probeTopic): \(error.message)")
        } catch {
            report.findings.append("no round trip through \(BrokerCheck.probeTopic): \(error)")
        }
    }
}
