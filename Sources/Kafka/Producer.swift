import CRdKafka
import Events
import Synchronization
import Threads

/// Sends messages; a thread of its own collects what became of them and hands it over in batches.
///
/// Defaults below the user's properties: idempotence and `acks=all`, Java's partitions (`murmur2_random`), messages up to
/// 10 MB (the broker may take less), 2,000 messages or 16 MiB that wait at most, and `linger.ms=0`: at light load each
/// message goes at once, at full load batches fill by themselves.
public final class Producer: Sendable {
    let handle: ClientHandle
    /// What its transactions are known by; nil for a producer without.
    let transactionalID: String?
    private let topics: ProducerTopics
    private let reports: DeliveryReports
    private let isClosed = Atomic<Bool>(false)

    /// - Parameters:
    ///   - onDelivery: gets every sent message's report exactly once, in batches, on the producer's own thread. It must
    ///     not block for long, nor close this producer; `send` may be called from it.
    ///   - onError: errors that belong to no message, such as brokers that cannot be reached or a fatal error; called
    ///     on the same thread.
    ///   - onLog: librdkafka's log lines (syslog level, facility, text); called on its own threads.
    /// - Throws: `configuration`.
    public init(
        configuration: KafkaConfiguration,
        onDelivery: @escaping @Sendable ([DeliveryReport]) -> Void,
        onError: @escaping @Sendable (KafkaError) -> Void = { _ in },
        onLog: @escaping @Sendable (Int32, String, String) -> Void = { _, _, _ in }
    ) throws(KafkaError) {
        var configuration = configuration
        transactionalID = configuration["transactional.id"]
        let acks = configuration["acks"] ?? configuration["request.required.acks"] ?? "all"
        if acks != "all", acks != "-1", configuration["enable.idempotence"] == nil {
            // Idempotence needs acks=all: who asks for less does without.
            configuration.set("enable.idempotence", "false")
        }
        if configuration["delivery.report.only.error"] == "true" {
            throw KafkaError(
                .configuration,
                "Kafka configuration: delivery.report.only.error=true: every message's report is waited for; leave it out"
            )
        }
        handle = try ClientHandle(
            RD_KAFKA_PRODUCER, configuration,
            defaults: [
                "enable.idempotence": "true",
                "partitioner": "murmur2_random",
                "linger.ms": "0",
                "queue.buffering.max.kbytes": "16384",
                // What waits is still in a processor's cache when it is sent: a tenth to a quarter less work for each
                // message. Whoever sets the bytes means them: librdkafka's own default then.
                "queue.buffering.max.messages": configuration["queue.buffering.max.kbytes"] == nil ? "2000" : "100000",
                // The broker's limit decides, as long as a message fits the queue.
                "message.max.bytes": "10000000",
            ],
            context: ClientContext(configuration, onError: onError, onLog: onLog),
            prepare: { rd_kafka_conf_set_events($0, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR) })
        topics = ProducerTopics(handle)
        reports = DeliveryReports(handle, onDelivery)
    }

    deinit {
        close()
    }

    // MARK: Sending

    /// Queues one message; its value is kept, everything else copied. Returns at once.
    ///
    /// - Parameters:
    ///   - partition: -1 lets the key decide, or chance where there is none.
    ///   - key: nil for none.
    ///   - token: comes back in the message's delivery report.
    /// - Returns: false where the local queue is full: wait with `waitForRoom` and send again. There is no report then.
    /// - Throws: `messageTooLarge`, `unknownTopic` (no such partition), `fatal`, or another reason not to take it.
    public func send(
        topic: String, partition: Int32 = -1, key: [UInt8]?, value: PinnedBytes,
        headers: PackedHeaders = [], token: UInt64 = 0
    ) throws(KafkaError) -> Bool {
        if isClosed.load(ordering: .relaxed) {
            throw KafkaError(
                .other, "the producer is closed: make a new one", rdKafkaCode: RD_KAFKA_RESP_ERR__STATE)
        }
        let destination = try topics.topic(topic)
        let list = Producer.list(of: headers)
        let opaque = MessageInFlight(token: token, value: value).retained
        let code = handle.withPointer { client in
            Producer.withBytes(of: key) { key, keyCount in
                value.withUnsafeBytes { value in
                    iotpipe_kafka_produce(
                        client, destination, partition, key, keyCount, value.baseAddress, value.count, list, opaque)
                }
            }
        }
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return true }
        _ = MessageInFlight.taken(from: opaque)
        if let list { rd_kafka_headers_destroy(list) }
        if code == RD_KAFKA_RESP_ERR__QUEUE_FULL { return false }
        if let fatalError { throw fatalError }
        let place = partition < 0 ? topic : "\(topic)/\(partition)"
        throw KafkaError(code, "send a message of \(value.count) bytes to \(place)")
    }

    /// Queues one event, as the other `send` does, without a copy of its value.
    public func send(
        _ event: EncodedEvent, topic: String, partition: Int32 = -1, token: UInt64 = 0
    ) throws(KafkaError) -> Bool {
        try send(
            topic: topic, partition: partition, key: event.key, value: event.pinnedValue, headers: event.packedHeaders,
            token: token)
    }

    /// Queues one message, as the other `send` does, with a copy of its value.
    public func send(
        topic: String, partition: Int32 = -1, key: [UInt8]?, value: [UInt8], headers: PackedHeaders = [],
        token: UInt64 = 0
    ) throws(KafkaError) -> Bool {
        try send(
            topic: topic, partition: partition, key: key, value: PinnedBytes(value), headers: headers, token: token)
    }

    /// Waits until messages were delivered or given up, after a `send` that found the queue full.
    ///
    /// - Parameter deadline: a `MonotonicClock` instant.
    /// - Returns: false where nothing moved until then.
    @discardableResult
    public func waitForRoom(until deadline: UInt64) -> Bool {
        reports.waitForProgress(until: deadline)
    }

    // MARK: State

    /// Messages without a delivery report yet.
    public var queued: Int { handle.withPointer { Int(rd_kafka_outq_len($0)) } }

    /// The error after which this producer sends no more; nil while it works.
    public var fatalError: KafkaError? { handle.withPointer { KafkaError(fatalErrorOf: $0) } }

    /// Sends what waits at once and waits until every message has its report.
    ///
    /// - Returns: how many messages have none yet.
    @discardableResult
    public func flush(timeout: Duration) -> Int {
        handle.withPointer { client in
            _ = rd_kafka_flush(client, timeout.milliseconds)
            return Int(rd_kafka_outq_len(client))
        }
    }

    /// Gives up what was not delivered (each message gets its report, with an error) and stops. Idempotent; `flush`
    /// first to deliver.
    public func close() {
        if isClosed.exchange(true, ordering: .sequentiallyConsistent) { return }
        handle.withPointer { client in
            _ = rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        }
        reports.stop()
    }

    // MARK: Bytes for C

    /// Something to point at where there are no bytes: a null pointer means "none" to Kafka.
    nonisolated(unsafe) private static let noBytes = UnsafeRawPointer(
        UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))

    private static func withBytes<Result>(
        of bytes: [UInt8]?, _ body: (UnsafeRawPointer?, Int) -> Result
    ) -> Result {
        guard let bytes else { return body(nil, 0) }
        return bytes.withUnsafeBytes { body($0.baseAddress ?? noBytes, $0.count) }
    }

    /// librdkafka's list of these headers, which a successful send takes over; nil for none.
    private static func list(of headers: PackedHeaders) -> OpaquePointer? {
        if headers.count == 0 { return nil }
        let list = rd_kafka_headers_new(headers.count)
        headers.forEach { name, value in
            // Neither is null where it has no bytes: both lie within the headers.
            _ = rd_kafka_header_add(
                list, name.baseAddress?.assumingMemoryBound(to: CChar.self), name.count, value.baseAddress, value.count)
        }
        return list
    }
}
