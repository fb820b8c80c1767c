import CRdKafka
import Glibc
import Synchronization
import Threads

/// The one owner of a librdkafka client: made in `init`, destroyed with the last reference.
///
/// Every message that was consumed holds a reference, because librdkafka wants messages destroyed before their client.
final class ClientHandle: @unchecked Sendable {
    // `@unchecked`: librdkafka's clients are thread-safe, and the pointer never changes.
    private let client: OpaquePointer
    private let retainedContext: Unmanaged<ClientContext>
    private let destroyFlags = Atomic<Int32>(0)

    /// Below each client's own defaults and the user's properties.
    private static let commonDefaults = [
        (key: "client.id", value: "iotpipe"),
        // A small request must not wait for what was sent before to be acknowledged (RFC 896's algorithm): TLS writes a
        // request in pieces, and each would wait up to 40 ms for Linux's delayed acknowledgement.
        (key: "socket.nagle.disable", value: "true"),
    ]

    /// What the callbacks of this client reach.
    let context: ClientContext

    /// - Parameters:
    ///   - defaults: set below what the user set, beside those of all clients.
    ///   - prepare: registers further callbacks on the configuration.
    init(
        _ type: rd_kafka_type_t, _ configuration: KafkaConfiguration, defaults: KeyValuePairs<String, String> = [:],
        context: ClientContext, prepare: (OpaquePointer) -> Void = { _ in }
    ) throws(KafkaError) {
        let conf = rd_kafka_conf_new()!
        do {
            for (name, value) in ClientHandle.commonDefaults + Array(defaults) {
                try KafkaConfiguration.apply(name, value, to: conf, where: "iotpipe")
            }
            for (name, value) in configuration.assignments {
                try KafkaConfiguration.apply(name, value, to: conf, where: "Kafka configuration")
            }
        } catch {
            rd_kafka_conf_destroy(conf)
            throw error
        }
        ClientContext.register(in: conf)
        prepare(conf)
        // Retained until the client is destroyed: librdkafka's callbacks get this pointer from any of its threads.
        retainedContext = Unmanaged.passRetained(context)
        rd_kafka_conf_set_opaque(conf, retainedContext.toOpaque())
        var text = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(type, conf, &text, text.count) else {
            rd_kafka_conf_destroy(conf)
            retainedContext.release()
            let reason = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            throw KafkaError(
                .configuration, "Kafka configuration: \(reason)", rdKafkaCode: RD_KAFKA_RESP_ERR__INVALID_ARG)
        }
        self.client = client
        self.context = context
    }

    deinit {
        rd_kafka_destroy_flags(client, destroyFlags.load(ordering: .relaxed))
        retainedContext.release()
    }

    /// Leaves a group without saying goodbye when the client is destroyed: for one whose `close` got no answer.
    func skipCloseOnDestroy() {
        destroyFlags.store(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE, ordering: .relaxed)
    }

    /// Lends the client to one C call.
    func withPointer<Result, Failure: Error>(
        _ body: (OpaquePointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(client)
    }
}

extension Duration {
    /// Whole milliseconds for librdkafka: rounded up, never negative, at most 24 days.
    var milliseconds: Int32 {
        Int32(clamping: max(0, (nanoseconds &+ 999_999) / 1_000_000))
    }
}

/// The time that remains until a `MonotonicClock` instant.
func remaining(until deadline: UInt64) -> Duration {
    let now = MonotonicClock.now
    return deadline > now ? .nanoseconds(Int64(clamping: deadline - now)) : .zero
}
