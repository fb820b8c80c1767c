import Telemetry

/// The metrics of infer.
struct InferCounters: Sendable {
    let received: Counter
    let classified: Counter
    let deadLettered: Counter
    let skipped: Counter

    init(_ metrics: Metrics) {
        received = metrics.counter("infer_images_received", help: "Images read from Kafka.")
        classified = metrics.counter(
            "infer_images_classified", help: "Results acknowledged by the broker.")
        deadLettered = metrics.counter(
            "infer_images_dead_lettered", help: "Pictures that do not decode.")
        skipped = metrics.counter(
            "infer_messages_skipped", help: "Messages that are no image event.")
    }
}
