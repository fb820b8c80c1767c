import CRdKafka
import Synchronization

/// What librdkafka's callbacks reach: the closures they call, and the errors they leave for the next call.
///
/// It never refers to the client's handle, so that librdkafka's own threads can never be the ones to destroy it.
final class ClientContext: Sendable {
    private struct State {
        var lastError: KafkaError?
        var lastReason = ""
        var pending: [KafkaError] = []
        var listener: RebalanceListener?
        var listenerError: (any Error)?
        var revoked: [TopicPartition] = []
        var running: Set<TopicPartition> = []
        var paused: Set<TopicPartition> = []
    }

    private let state = Mutex(State())
    private let bootstrapServers: String
    private let onError: @Sendable (KafkaError) -> Void
    private let onLog: @Sendable (Int32, String, String) -> Void

    init(
        _ configuration: KafkaConfiguration,
        onError: @escaping @Sendable (KafkaError) -> Void,
        onLog: @escaping @Sendable (Int32, String, String) -> Void
    ) {
        bootstrapServers = configuration.bootstrapServers
        self.onError = onError
        self.onLog = onLog
    }

    // MARK: Errors

    /// Passes on an error that belongs to no call, and keeps it as the explanation of a later time-out.
    ///
    /// - Parameter reason: librdkafka's own words, without what was attempted and what to do.
    func report(_ error: KafkaError, reason: String? = nil) {
        state.withLock { state in
            // "All brokers down" says less than the refused connection before it, and a refused password more than
            // the disconnects after it.
            if error.rdKafkaCode == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue, state.lastError != nil { return }
            if state.lastError?.code == .authentication { return }
            state.lastError = error
            state.lastReason = reason ?? error.message
        }
        onError(error)
    }

    /// The last thing that went wrong in the background.
    var lastError: KafkaError? { state.withLock { $0.lastError } }

    /// Forgets what went wrong before a new attempt.
    func forgetErrors() {
        state.withLock { $0.lastError = nil }
    }

    /// Keeps an error for the next poll to throw.
    func leave(_ error: KafkaError) {
        state.withLock { $0.pending.append(error) }
    }

    /// The oldest error left for a poll.
    func takePending() -> KafkaError? {
        state.withLock { $0.pending.isEmpty ? nil : $0.pending.removeFirst() }
    }

    /// What a call that got no answer should say: the refused credentials where that was the cause, otherwise that the
    /// brokers cannot be reached, with the last thing that went wrong.
    func unanswered(_ action: String, _ code: rd_kafka_resp_err_t, after limit: Duration) -> KafkaError {
        let (last, reason) = state.withLock { ($0.lastError, $0.lastReason) }
        if let last, last.code == .authentication || last.code == .authorization { return last }
        return KafkaError(
            .unreachable,
            "cannot \(action): no Kafka broker answered at \(bootstrapServers) within \(limit.milliseconds) ms"
                + (last == nil ? "" : " (\(reason))") + "; \(KafkaError.Code.unreachable.advice ?? "")",
            rdKafkaCode: code)
    }

    // MARK: Rebalancing

    /// Who is told of rebalances; nil takes every assignment at the committed offsets.
    var listener: RebalanceListener? {
        get { state.withLock { $0.listener } }
        set { state.withLock { $0.listener = newValue } }
    }

    /// What the listener threw: polling ends with it.
    var listenerError: (any Error)? {
        get { state.withLock { $0.listenerError } }
        set { state.withLock { $0.listenerError = newValue } }
    }

    /// The partitions that librdkafka reads: of those that the group has assigned, the ones that were not put off.
    var running: Set<TopicPartition> {
        get { state.withLock { $0.running } }
        set { state.withLock { $0.running = newValue } }
    }

    /// The partitions that the user has paused. They stay so in librdkafka when they are taken away and come back.
    var paused: Set<TopicPartition> {
        get { state.withLock { $0.paused } }
        set { state.withLock { $0.paused = newValue } }
    }

    /// Keeps partitions that were taken from us, whose messages must not be handed out any more.
    func noteRevoked(_ partitions: [TopicPartition]) {
        state.withLock { $0.revoked += partitions }
    }

    /// The partitions taken from us since the last call.
    func takeRevoked() -> [TopicPartition] {
        state.withLock { state in
            defer { state.revoked.removeAll() }
            return state.revoked
        }
    }

    // MARK: Callbacks

    /// The context behind librdkafka's opaque pointer.
    static func from(_ opaque: UnsafeMutableRawPointer?) -> ClientContext {
        Unmanaged<ClientContext>.fromOpaque(opaque!).takeUnretainedValue()
    }

    /// Registers the callbacks that every client has.
    static func register(in configuration: OpaquePointer) {
        rd_kafka_conf_set_error_cb(configuration) { client, code, reason, opaque in
            let reason = reason.map { String(cString: $0) } ?? ""
            ClientContext.from(opaque).handle(rd_kafka_resp_err_t(rawValue: code), reason, of: client!)
        }
        rd_kafka_conf_set_log_cb(configuration) { client, level, facility, text in
            guard let client, let facility, let text, let opaque = rd_kafka_opaque(client) else { return }
            ClientContext.from(opaque).log(level, String(cString: facility), String(cString: text))
        }
    }

    private func log(_ level: Int32, _ facility: String, _ text: String) {
        // One list of properties serves producers and consumers: each warns of what is meant for the other.
        if facility == "CONFWARN", text.contains("will be ignored by this") { return }
        onLog(level, facility, text)
    }

    /// An error that librdkafka raised in the background.
    func handle(_ code: rd_kafka_resp_err_t, _ reason: String, of client: OpaquePointer) {
        if code == RD_KAFKA_RESP_ERR__FATAL, let fatal = KafkaError(fatalErrorOf: client) {
            report(fatal)
            rd_kafka_yield(client)
            return
        }
        let error = KafkaError(code, "talk to Kafka at \(bootstrapServers)", detail: reason)
        report(error, reason: reason)
        if error.code == .authentication {
            leave(error)
            // Lets a waiting poll return now, to throw it.
            rd_kafka_yield(client)
        }
    }
}
