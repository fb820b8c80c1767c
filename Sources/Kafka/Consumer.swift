import CRdKafka
import Synchronization
import Threads

/// Reads messages in batches, as a member of a group or from partitions that the caller names.
///
/// One thread polls and closes; the other calls may come from any thread. Offsets are committed only by `commit`.
/// Defaults below the user's properties: no automatic commit, `auto.offset.reset=earliest`, small prefetch (pausing
/// throws prefetched messages away), `session.timeout.ms=10000`, `client.id=iotpipe`.
public final class Consumer: Sendable {
    let handle: ClientHandle
    /// The consumer group; nil for a reader without one.
    let group: String?
    /// The name of a static member.
    let instanceID: String?
    /// Held while polling or closing, so that neither disturbs the other; true once closed.
    private let polling = Mutex(false)

    /// - Parameters:
    ///   - group: the consumer group; nil for a reader that names its partitions with `assign` and commits nothing.
    ///   - onError: errors that belong to no call, such as brokers that cannot be reached; called while polling.
    ///   - onLog: librdkafka's log lines (syslog level, facility, text); called on its own threads.
    /// - Throws: `configuration`.
    public init(
        configuration: KafkaConfiguration, group: String?,
        onError: @escaping @Sendable (KafkaError) -> Void = { _ in },
        onLog: @escaping @Sendable (Int32, String, String) -> Void = { _, _, _ in }
    ) throws(KafkaError) {
        self.group = group
        instanceID = configuration["group.instance.id"]
        var configuration = configuration
        if Consumer.looksForRoom, configuration["fetch.queue.backoff.ms"] == nil {
            configuration.set("fetch.queue.backoff.ms", "10")
        }
        // librdkafka polls only clients that have a group's name; one that never subscribes never joins it.
        configuration.set("group.id", group ?? "iotpipe-no-group")
        handle = try ClientHandle(
            RD_KAFKA_CONSUMER, configuration,
            defaults: [
                "enable.auto.commit": "false",
                "enable.auto.offset.store": "false",
                "auto.offset.reset": "earliest",
                // Smaller starves: librdkafka before 2.3 asks for more only some time after its queue has run low (`refill`).
                "queued.max.messages.kbytes": "12288",
                // How long the partitions of a member that was killed stay with it; librdkafka's own default is 45 s.
                "session.timeout.ms": "10000",
            ],
            context: ClientContext(configuration, onError: onError, onLog: onLog),
            prepare: Rebalance.register(in:))
        // One queue for messages and callbacks, so that polling serves both.
        handle.withPointer { _ = rd_kafka_poll_set_consumer($0) }
    }

    /// Whether this librdkafka looks for room in its queue by itself, as often as it is told.
    static let looksForRoom = PropertyCatalog.names.contains("fetch.queue.backoff.ms")

    deinit {
        close()
    }

    // MARK: Where to read

    /// Joins the group and reads the topics' partitions that it is given.
    ///
    /// - Parameter rebalance: told when partitions come and go; nil starts each where the group has committed.
    public func subscribe(_ topics: [String], rebalance: RebalanceListener? = nil) throws(KafkaError) {
        handle.context.listener = rebalance
        let list = PartitionList(topics.map { TopicPartition(topic: $0, partition: -1) })
        try check("subscribe to \(topics.joined(separator: ", "))") { client in
            list.withPointer { rd_kafka_subscribe(client, $0) }
        }
    }

    /// Reads these partitions from these offsets, without a group; replaces what was assigned before.
    public func assign(_ offsets: [TopicPartitionOffset]) throws(KafkaError) {
        let list = PartitionList(offsets)
        try check("assign partitions") { client in list.withPointer { rd_kafka_assign(client, $0) } }
    }

    /// The partitions that this consumer reads now.
    public var assignment: [TopicPartition] {
        handle.withPointer { client in
            var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
            guard rd_kafka_assignment(client, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
            return PartitionList(taking: list).offsets.map(\.topicPartition)
        }
    }

    // MARK: Reading

    /// Waits for a message, then takes those that are there; serves the group's rebalances meanwhile.
    ///
    /// Must be called again within `max.poll.interval.ms`, even while every partition is paused.
    ///
    /// - Parameters:
    ///   - maximum: how many messages to take at most.
    ///   - timeout: how long to wait for the first one.
    /// - Returns: messages in order within their partition; none where none came in time.
    /// - Throws: fatal errors and what a listener threw (every time); refused credentials or access, unknown topics and
    ///   offsets out of range (once each). What was read before an error is returned first.
    public func poll(maximum: Int, timeout: Duration) throws(KafkaError) -> [KafkaMessage] {
        try polling.withLock { isClosed throws(KafkaError) in
            if isClosed { throw Consumer.closedError }
            try throwPending()
            let messages = handle.withPointer { fill(maximum, timeout.milliseconds, from: $0) }
            if messages.isEmpty { try throwPending() }
            return messages
        }
    }

    private func fill(_ maximum: Int, _ timeout: Int32, from client: OpaquePointer) -> [KafkaMessage] {
        var messages: [KafkaMessage] = []
        var timeout = timeout
        // One at a time: rd_kafka_consume_batch_queue skips offsets after a pause in librdkafka before 2.1.
        while messages.count < maximum {
            let next = rd_kafka_consumer_poll(client, timeout)
            timeout = 0
            dropRevoked(from: &messages)
            guard let next else { break }
            if next.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                messages.append(KafkaMessage(taking: next, handle: handle))
                continue
            }
            let isThrown = keepError(of: next)
            rd_kafka_message_destroy(next)
            if isThrown { break }
        }
        return messages
    }

    /// A rebalance served within this batch took these partitions: their messages were not handed out yet, and whoever
    /// has the partitions now reads them.
    private func dropRevoked(from messages: inout [KafkaMessage]) {
        let revoked = handle.context.takeRevoked()
        guard !revoked.isEmpty else { return }
        let partitions = Set(revoked)
        messages.removeAll { partitions.contains($0.topicPartition) }
    }

    /// - Returns: whether the error is one that `poll` throws; others go to `onError`.
    private func keepError(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> Bool {
        let code = message.pointee.err
        if code == RD_KAFKA_RESP_ERR__PARTITION_EOF { return false }
        // Without a group nobody minds that its coordinator may not be asked.
        if group == nil, code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED { return false }
        var place = "consume"
        if let topic = message.pointee.rkt {
            place = "consume \(String(cString: rd_kafka_topic_name(topic)))"
            // A topic that is missing as a whole comes as partition 0.
            if code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { place += "/\(message.pointee.partition)" }
            if message.pointee.offset >= 0 { place += " at offset \(message.pointee.offset)" }
        }
        let error = KafkaError(code, place, detail: rd_kafka_message_errstr(message).map { String(cString: $0) })
        switch error.code {
        case .authentication, .authorization, .unknownTopic, .offsetOutOfRange, .messageTooLarge:
            handle.context.leave(error)
            return true
        default:
            handle.context.report(error)
            return error.isFatal
        }
    }

    private func throwPending() throws(KafkaError) {
        let action = instanceID.map { "go on as the group's member \"\($0)\"" } ?? "go on with this consumer"
        if let fatal = handle.withPointer({ KafkaError(fatalErrorOf: $0, action) }) { throw fatal }
        if let error = listenerError {
            throw (error as? KafkaError) ?? KafkaError(.other, "cannot start the partitions assigned: \(error)")
        }
        if let error = handle.context.takePending() { throw error }
    }

    /// What a rebalance listener threw; polling has ended then.
    public var listenerError: (any Error)? { handle.context.listenerError }

    // MARK: Closing

    /// Leaves the group, so that others get the partitions at once (a static member, one with `group.instance.id`, stays in
    /// it until its session times out, and has its partitions again where it comes back before); serves the listener's last calls. Idempotent.
    ///
    /// - Parameter timeout: how long to wait for the coordinator; without its answer the group finds out when the
    ///   session times out.
    public func close(timeout: Duration = .seconds(5)) {
        polling.withLock { isClosed in
            if isClosed { return }
            isClosed = true
            let isDone = handle.withPointer { client in
                leaveGroup(client, until: MonotonicClock.deadline(after: timeout))
            }
            if !isDone { handle.skipCloseOnDestroy() }
            handle.context.listener = nil
        }
    }

    /// rd_kafka_consumer_close waits without limit; this asks for the same and waits until the deadline.
    private func leaveGroup(_ client: OpaquePointer, until deadline: UInt64) -> Bool {
        let queue = rd_kafka_queue_new(client)!
        defer { rd_kafka_queue_destroy(queue) }
        if let error = rd_kafka_consumer_close_queue(client, queue) {
            rd_kafka_error_destroy(error)
            return rd_kafka_consumer_closed(client) != 0
        }
        while rd_kafka_consumer_closed(client) == 0 {
            if MonotonicClock.now >= deadline { return false }
            guard let event = rd_kafka_queue_poll(queue, 20) else { continue }
            // A queue hands out as events what polling turns into callbacks.
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE,
                let partitions = rd_kafka_event_topic_partition_list(event)
            {
                Rebalance.carryOut(rd_kafka_event_error(event), partitions, client, handle.context)
            }
            rd_kafka_event_destroy(event)
        }
        return true
    }

    private static let closedError = KafkaError(
        .other, "the consumer is closed: make a new one", rdKafkaCode: RD_KAFKA_RESP_ERR__STATE)

    /// Runs one call and throws what it returns.
    func check(_ action: String, _ call: (OpaquePointer) -> rd_kafka_resp_err_t) throws(KafkaError) {
        let code = handle.withPointer(call)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return }
        if code == RD_KAFKA_RESP_ERR__FATAL, let fatal = handle.withPointer({ KafkaError(fatalErrorOf: $0) }) {
            throw fatal
        }
        throw KafkaError(code, action)
    }
}
