import Telemetry

/// The metrics of infer.
struct InferCounters: Sendable {
    let received: Counter
    let classified: Counter
    let deadLettered: Counter
    let skipped: Counter
    let right: Counter
    let wrong: Counter

    init(_ metrics: Metrics) {
        received = metrics.counter("infer_images_received", help: "Images read from Kafka.")
        classified = metrics.counter(
            "infer_images_classified", help: "Results acknowledged by the broker.")
        deadLettered = metrics.counter(
            "infer_images_dead_lettered", help: "Pictures that do not decode.")
        skipped = metrics.counter(
            "infer_messages_skipped", help: "Messages that are no image event.")
        func answers(_ kind: String) -> Counter {
            metrics.counter(
                "infer_answers",
                help: "Results acknowledged by the broker for images with a label among the model's names.",
                labels: ["answer": kind])
        }
        (right, wrong) = (answers("right"), answers("wrong"))
    }
}
