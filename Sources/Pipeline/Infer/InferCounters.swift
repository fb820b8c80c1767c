import Telemetry

/// The metrics of infer.
struct InferCounters: Sendable {
    let received: Counter
    let classified: Counter
    let deadLettered: Counter
    let skipped: Counter

    init(_ metrics: Metrics) {
        received = metrics.counter("iotpipe_infer_images_received_total", help: "Images read from Kafka.")
        classified = metrics.counter(
            "iotpipe_infer_images_classified_total", help: "Results acknowledged by the broker.")
        deadLettered = metrics.counter(
            "iotpipe_infer_images_dead_lettered_total", help: "Pictures that do not decode.")
        skipped = metrics.counter(
            "iotpipe_infer_messages_skipped_total", help: "Messages that are no image event.")
    }
}
