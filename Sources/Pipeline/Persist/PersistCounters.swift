import Telemetry

/// The metrics of persist.
struct PersistCounters: Sendable {
    private let images: Counter
    private let inferences: Counter
    private let deadLetters: Counter
    private let malformedLetters: Counter
    private let duplicates: Counter
    private let transactions: Counter

    init(_ metrics: Metrics) {
        images = metrics.counter("persist_images_stored", help: "Rows added to images.")
        inferences = metrics.counter("persist_inferences_stored", help: "Rows added to inferences.")
        deadLetters = metrics.counter("persist_dead_letters_stored", help: "Rows added to dead_letters.")
        malformedLetters = metrics.counter(
            "persist_dead_letters_malformed", help: "Messages on the topic of dead letters that are none.")
        duplicates = metrics.counter("persist_duplicates", help: "Events that were stored before.")
        transactions = metrics.counter("persist_transactions", help: "Transactions committed.")
    }

    /// Counts messages on the topic of dead letters that are none.
    func addMalformedLetters(_ count: Int) {
        malformedLetters.add(count)
    }

    /// Counts one transaction.
    func add(_ counts: PersistSummary) {
        images.add(counts.images)
        inferences.add(counts.inferences)
        deadLetters.add(counts.deadLetters)
        duplicates.add(counts.duplicates)
        transactions.add(counts.transactions)
    }
}
