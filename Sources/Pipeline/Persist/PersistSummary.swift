/// What the storing role did.
public struct PersistSummary: Sendable {
    /// Rows added to `images`.
    public var images = 0
    /// Rows added to `inferences`.
    public var inferences = 0
    /// Rows added to `dead_letters`.
    public var deadLetters = 0
    /// Events that were stored before, and so were left out.
    public var duplicates = 0
    /// Transactions.
    public var transactions = 0

    /// The summary as the user reads it.
    public var text: String {
        "\(images) images, \(inferences) inferences, \(deadLetters) dead letters stored in \(transactions) "
            + "transactions; \(duplicates) duplicates left out"
    }
}

extension PersistSummary {
    /// Adds the counts of one transaction.
    mutating func add(_ other: PersistSummary) {
        images += other.images
        inferences += other.inferences
        deadLetters += other.deadLetters
        duplicates += other.duplicates
        transactions += other.transactions
    }
}
