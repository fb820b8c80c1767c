import CRdKafka
import Threads

/// Asks a cluster about itself, and makes and deletes topics. Calls block, each up to its timeout.
public final class Admin: Sendable {
    let handle: ClientHandle

    /// - Parameters:
    ///   - onError: errors that belong to no call; called during calls, on their thread.
    ///   - onLog: librdkafka's log lines (syslog level, facility, text); called on its own threads.
    /// - Throws: `configuration`.
    public init(
        configuration: KafkaConfiguration,
        onError: @escaping @Sendable (KafkaError) -> Void = { _ in },
        onLog: @escaping @Sendable (Int32, String, String) -> Void = { _, _, _ in }
    ) throws(KafkaError) {
        handle = try ClientHandle(
            RD_KAFKA_PRODUCER, configuration, context: ClientContext(configuration, onError: onError, onLog: onLog))
    }

    // MARK: The cluster

    /// The cluster's brokers and topics. Waits for a broker where none can be reached yet.
    ///
    /// - Throws: `unreachable` after the timeout, naming the address and what went wrong last; `authentication` as soon
    ///   as the broker refuses the credentials.
    public func metadata(timeout: Duration) throws(KafkaError) -> ClusterMetadata {
        let deadline = MonotonicClock.deadline(after: timeout)
        let (brokers, topics) = try allMetadata(timeout)
        return handle.withPointer { client in
            // Brokers have answered: both are known now, unless these are too old (before 0.10.1).
            let wait = min(remaining(until: deadline), .seconds(1)).milliseconds
            let identifier = rd_kafka_clusterid(client, wait)
            defer { if let identifier { rd_kafka_mem_free(client, identifier) } }
            return ClusterMetadata(
                clusterID: identifier.map { String(cString: $0) }, controllerID: rd_kafka_controllerid(client, wait),
                brokers: brokers, topics: topics)
        }
    }

    /// Waits until a broker answers.
    ///
    /// - Throws: what `metadata` throws.
    public func waitUntilReachable(timeout: Duration) throws(KafkaError) {
        _ = try allMetadata(timeout)
    }

    private typealias Description = (brokers: [ClusterMetadata.Broker], topics: [ClusterMetadata.Topic])

    private func allMetadata(_ timeout: Duration) throws(KafkaError) -> Description {
        let deadline = MonotonicClock.deadline(after: timeout)
        let context = handle.context
        context.forgetErrors()
        // In growing slices: librdkafka would wait out the whole time although the credentials were refused at once.
        var slice = Duration.milliseconds(250)
        while true {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            let wait = min(slice, remaining(until: deadline)).milliseconds
            let code = handle.withPointer { rd_kafka_metadata($0, 1, nil, &metadata, wait) }
            if code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata {
                defer { rd_kafka_metadata_destroy(metadata) }
                return (Admin.brokers(in: metadata.pointee), Admin.topics(in: metadata.pointee))
            }
            serveErrors()
            if let refused = context.lastError, refused.code == .authentication { throw refused }
            if MonotonicClock.now >= deadline {
                throw context.unanswered("ask the cluster for its metadata", code, after: timeout)
            }
            slice *= 2
        }
    }

    private static func brokers(in metadata: rd_kafka_metadata) -> [ClusterMetadata.Broker] {
        (0..<Int(metadata.broker_cnt)).map { index in
            let broker = metadata.brokers[index]
            return ClusterMetadata.Broker(id: broker.id, host: String(cString: broker.host), port: Int(broker.port))
        }
        .sorted { $0.id < $1.id }
    }

    private static func topics(in metadata: rd_kafka_metadata) -> [ClusterMetadata.Topic] {
        (0..<Int(metadata.topic_cnt)).map { index in
            let topic = metadata.topics[index]
            let name = String(cString: topic.topic)
            let partitions = (0..<Int(topic.partition_cnt)).map { number in
                let partition = topic.partitions[number]
                return ClusterMetadata.Partition(
                    id: partition.id, leader: partition.leader,
                    replicas: (0..<Int(partition.replica_cnt)).map { partition.replicas[$0] },
                    inSyncReplicas: (0..<Int(partition.isr_cnt)).map { partition.isrs[$0] })
            }
            return ClusterMetadata.Topic(
                name: name,
                error: topic.err == RD_KAFKA_RESP_ERR_NO_ERROR
                    ? nil : KafkaError(topic.err, "describe the topic \(name)"),
                partitions: partitions.sorted { $0.id < $1.id })
        }
        .sorted { $0.name < $1.name }
    }

    /// The oldest offset that the broker holds of a partition, and the one that its next message will get.
    public func watermarks(
        _ partition: TopicPartition, timeout: Duration
    ) throws(KafkaError) -> (low: Int64, high: Int64) {
        try handle.watermarks(of: partition, timeout: timeout)
    }

    /// The offsets that the next message of each partition will get, in the order of the partitions; one request a broker.
    public func ends(
        of partitions: [TopicPartition], timeout: Duration
    ) throws(KafkaError) -> [TopicPartitionOffset] {
        try handle.ends(of: partitions, timeout: timeout)
    }

    // MARK: Requests of librdkafka's admin interface

    /// Sends one request and lends its result.
    ///
    /// - Parameters:
    ///   - action: what was attempted, for errors.
    ///   - send: starts the request with these options, its result to come to this queue.
    ///   - read: reads the result.
    func request<Result>(
        _ action: String, _ operation: rd_kafka_admin_op_t, timeout: Duration,
        send: (_ client: OpaquePointer, _ options: OpaquePointer, _ queue: OpaquePointer) -> Void,
        read: (_ event: OpaquePointer) throws(KafkaError) -> Result
    ) throws(KafkaError) -> Result {
        handle.context.forgetErrors()
        let event = handle.withPointer { client -> OpaquePointer? in
            let options = rd_kafka_AdminOptions_new(client, operation)!
            let queue = rd_kafka_queue_new(client)!
            defer {
                rd_kafka_queue_destroy(queue)
                rd_kafka_AdminOptions_destroy(options)
            }
            _ = rd_kafka_AdminOptions_set_request_timeout(options, timeout.milliseconds, nil, 0)
            if operation == RD_KAFKA_ADMIN_OP_CREATETOPICS || operation == RD_KAFKA_ADMIN_OP_DELETETOPICS {
                // How long the broker waits until the whole cluster knows.
                _ = rd_kafka_AdminOptions_set_operation_timeout(options, timeout.milliseconds, nil, 0)
            }
            send(client, options, queue)
            // librdkafka answers at its own timeout; a second more is for a machine that is busy.
            return rd_kafka_queue_poll(queue, (timeout + .seconds(1)).milliseconds)
        }
        serveErrors()
        guard let event else {
            throw handle.context.unanswered(action, RD_KAFKA_RESP_ERR__TIMED_OUT, after: timeout)
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        if code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT {
            throw handle.context.unanswered(action, code, after: timeout)
        }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(code, action, detail: rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        return try read(event)
    }

    /// Lets librdkafka call `onError` for what has happened.
    func serveErrors() {
        handle.withPointer { _ = rd_kafka_poll($0, 0) }
    }
}
