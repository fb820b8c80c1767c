import CRdKafka
import Synchronization
import Threads

/// The thread that collects a producer's delivery reports and errors.
final class DeliveryReports: Sendable {
    private let loop: Loop
    private let thread: OSThread

    init(_ handle: ClientHandle, _ onDelivery: @escaping @Sendable ([Producer.DeliveryReport]) -> Void) {
        let loop = Loop(handle)
        self.loop = loop
        // The thread alone holds `onDelivery`: a closure that holds the producer lets go of it once the thread ends.
        thread = OSThread(name: "kafka-reports") { loop.run(onDelivery) }
    }

    /// Waits for reports of messages that are under way; returns at once where none are.
    func waitForProgress(until deadline: UInt64) -> Bool {
        loop.waitForProgress(until: deadline)
    }

    /// Hands over the reports that are still to come (of messages already given up) and ends the thread. Once only.
    func stop() {
        loop.stop()
        thread.join()
    }
}

extension DeliveryReports {
    /// What the thread and the producer share. It does not refer to the producer, which could never go away otherwise.
    private final class Loop: @unchecked Sendable {
        // `@unchecked`: the queue is thread-safe and never changes.
        private let queue: OpaquePointer
        // Retained because the queue must be destroyed before the client.
        private let handle: ClientHandle
        private let isStopping = Atomic<Bool>(false)
        private let batches = Monitor<UInt64>(0)

        init(_ handle: ClientHandle) {
            self.handle = handle
            queue = handle.withPointer { rd_kafka_queue_get_main($0)! }
        }

        deinit {
            rd_kafka_queue_destroy(queue)
        }

        func stop() {
            isStopping.store(true, ordering: .sequentiallyConsistent)
            rd_kafka_queue_yield(queue)
        }

        func waitForProgress(until deadline: UInt64) -> Bool {
            let before = batches.read { $0 }
            if handle.withPointer({ rd_kafka_outq_len($0) }) == 0 { return true }
            return batches.wait(until: deadline) { $0 != before ? true : nil } ?? false
        }

        func run(_ onDelivery: ([Producer.DeliveryReport]) -> Void) {
            while !isStopping.load(ordering: .sequentiallyConsistent) {
                serve(onDelivery, timeout: 100)
            }
            // Requests given up are answered within moments; the limit is for a librdkafka that never does.
            let deadline = MonotonicClock.deadline(after: .seconds(2))
            while handle.withPointer({ rd_kafka_outq_len($0) }) > 0, MonotonicClock.now < deadline {
                serve(onDelivery, timeout: 10)
            }
        }

        private func serve(_ onDelivery: ([Producer.DeliveryReport]) -> Void, timeout: Int32) {
            guard let event = rd_kafka_queue_poll(queue, timeout) else { return }
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR:
                onDelivery(Loop.reports(in: event))
            case RD_KAFKA_EVENT_ERROR:
                let reason = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
                handle.withPointer { handle.context.handle(rd_kafka_event_error(event), reason, of: $0) }
            default:
                break
            }
            // After `onDelivery`: a flush that counts messages returns only once their reports were handed over.
            rd_kafka_event_destroy(event)
            batches.update { $0 &+= 1 }
        }

        private static func reports(in event: OpaquePointer) -> [Producer.DeliveryReport] {
            let count = rd_kafka_event_message_count(event)
            var messages = [UnsafePointer<rd_kafka_message_t>?](repeating: nil, count: count)
            let filled = rd_kafka_event_message_array(event, &messages, count)
            return messages[..<filled].map { message in
                let message = message!.pointee
                let isDelivered = message.err == RD_KAFKA_RESP_ERR_NO_ERROR
                return Producer.DeliveryReport(
                    token: MessageInFlight.taken(from: message._private).token, partition: message.partition,
                    offset: isDelivered ? message.offset : TopicPartitionOffset.invalid,
                    error: isDelivered ? nil : KafkaError(message.err, "deliver a message of \(message.len) bytes"))
            }
        }
    }
}
