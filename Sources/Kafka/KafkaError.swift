import CRdKafka

/// What went wrong in Kafka: one small code to decide by, librdkafka's own code, and a message for people.
public struct KafkaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure that callers tell apart.
    public enum Code: String, Sendable {
        /// No broker answered.
        case unreachable
        /// The broker refused the credentials.
        case authentication
        /// The user may not do this (ACL).
        case authorization
        /// The topic or partition is not there.
        case unknownTopic
        /// The topic to create is there already.
        case topicExists
        /// A message is larger than the client, the topic or the broker takes.
        case messageTooLarge
        /// The client's own queue is full: wait and try again.
        case queueFull
        /// No answer in time.
        case timedOut
        /// A connection broke; librdkafka makes it anew by itself.
        case transport
        /// The client can do nothing more: make a new one.
        case fatal
        /// Another client has taken this one's `group.instance.id` or `transactional.id`: the client can do nothing more, and
        /// a new one would take it back.
        case fenced
        /// A property is unknown, malformed or contradicts another.
        case configuration
        /// A file of properties cannot be read.
        case unreadable
        /// The wanted offset is not (or no longer) in the partition.
        case offsetOutOfRange
        /// Anything else: see `name`.
        case other
    }

    /// What kind of failure it is.
    public let code: Code
    /// librdkafka's code (`rd_kafka_resp_err_t`): negative ones are the client's own, positive ones the broker's.
    public let rdKafkaCode: Int32
    /// librdkafka's name of that code, such as `_TRANSPORT`.
    public let name: String
    /// What failed, where, and what to do about it. Holds no secret.
    public let message: String
    /// Whether the same call may succeed later, unchanged.
    public private(set) var isRetriable: Bool
    /// Whether the transaction under way can only be aborted; a new one may succeed with the same.
    public private(set) var requiresAbort = false
    /// Whether the client that raised it has to be replaced.
    public let isFatal: Bool

    /// The message.
    public var description: String { message }

    /// An error found here rather than by librdkafka.
    init(_ code: Code, _ message: String, rdKafkaCode: rd_kafka_resp_err_t = RD_KAFKA_RESP_ERR__FAIL) {
        self.code = code
        self.rdKafkaCode = rdKafkaCode.rawValue
        name = KafkaError.name(of: rdKafkaCode)
        self.message = message
        isFatal = code == .fatal || code == .fenced
        isRetriable = !isFatal && (code == .unreachable || KafkaError.retriable.contains(rdKafkaCode.rawValue))
    }

    /// An error that librdkafka returned.
    ///
    /// - Parameters:
    ///   - action: what was attempted and where, to follow "cannot".
    ///   - detail: librdkafka's words where it gave more than the code.
    init(_ rdKafkaCode: rd_kafka_resp_err_t, _ action: String, detail: String? = nil, isFatal: Bool = false) {
        var code = KafkaError.code(of: rdKafkaCode)
        if isFatal, code != .fenced { code = .fatal }
        let reason = detail.flatMap { $0.isEmpty ? nil : $0 } ?? String(cString: rd_kafka_err2str(rdKafkaCode))
        let trimmedReason = reason.hasSuffix(".") ? String(reason.dropLast()) : reason
        let advice = code.advice.map { "; \($0)" } ?? ""
        self.init(code, "cannot \(action): \(trimmedReason)\(advice)", rdKafkaCode: rdKafkaCode)
    }

    /// An error object of librdkafka's, which is destroyed.
    init(taking error: OpaquePointer, _ action: String) {
        defer { rd_kafka_error_destroy(error) }
        self.init(
            rd_kafka_error_code(error), action, detail: String(cString: rd_kafka_error_string(error)),
            isFatal: rd_kafka_error_is_fatal(error) != 0)
        requiresAbort = !isFatal && rd_kafka_error_txn_requires_abort(error) != 0
        isRetriable = !isFatal && !requiresAbort && (isRetriable || rd_kafka_error_is_retriable(error) != 0)
    }

    /// The client's fatal error, where it has raised one.
    init?(fatalErrorOf client: OpaquePointer, _ action: String = "go on with this Kafka client") {
        var text = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(client, &text, text.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        let reason = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        self.init(code, action, detail: reason, isFatal: true)
    }
}

// MARK: - What librdkafka's codes mean to us

extension KafkaError {
    private static func name(of code: rd_kafka_resp_err_t) -> String {
        rd_kafka_err2name(code).map { String(cString: $0) } ?? "ERR_\(code.rawValue)"
    }

    private static func code(of code: rd_kafka_resp_err_t) -> Code {
        switch code {
        case RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: .unreachable
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
            .authentication
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            .authorization
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            .unknownTopic
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: .topicExists
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
            RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
            .messageTooLarge
        case RD_KAFKA_RESP_ERR__QUEUE_FULL: .queueFull
        case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
            .timedOut
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION: .transport
        case RD_KAFKA_RESP_ERR__FATAL: .fatal
        case RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID: .fenced
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: .offsetOutOfRange
        default: .other
        }
    }

    /// What passes by itself: connections, elections, coordinators on the move.
    private static let retriable: Set<Int32> = Set(
        [
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
            RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__RETRY,
            RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
            RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
            RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
            RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
        ].map(\.rawValue))
}

extension KafkaError.Code {
    /// What to do about it; nil where that depends.
    var advice: String? {
        switch self {
        case .unreachable, .transport: "check the bootstrap servers, security.protocol and that the broker runs"
        case .authentication: "check security.protocol, sasl.mechanism, sasl.username and sasl.password"
        case .authorization: "have the broker's administrator grant this user the access (kafka-acls)"
        case .unknownTopic: "create the topic or correct its name"
        case .messageTooLarge: "raise message.max.bytes here and max.message.bytes of the topic, or send less"
        case .queueFull: "wait for deliveries, or raise queue.buffering.max.messages and queue.buffering.max.kbytes"
        case .fatal: "make a new client"
        case .fenced: "another process uses the same name: give each its own (--instance-id)"
        case .offsetOutOfRange: "the topic was made anew or its retention has passed: choose where to start"
        case .configuration, .unreadable, .topicExists, .timedOut, .other: nil
        }
    }
}
