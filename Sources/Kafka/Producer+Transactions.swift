import CRdKafka

/// Transactions of a producer whose configuration has a `transactional.id`. One thread makes these calls, in this order:
/// `initTransactions` once, then for each transaction `beginTransaction`, any number of `send`, `sendOffsets`, and
/// `commitTransaction` or `abortTransaction`.
///
/// What they throw says how to go on:
/// - `isRetriable`: call the same again, which resumes it.
/// - `requiresAbort`: `abortTransaction`, then begin anew.
/// - `code == .fenced`: another producer has the same `transactional.id`; end. The coordinator also fences a producer whose
///   transaction was older than `transaction.timeout.ms`: librdkafka does not tell the two apart.
/// - `isFatal` otherwise: make a new producer.
extension Producer {
    /// Registers the `transactional.id`: fences the producer that had it before, and completes or aborts its transaction.
    public func initTransactions(timeout: Duration) throws(KafkaError) {
        try transact("start transactions") { rd_kafka_init_transactions($0, timeout.milliseconds) }
    }

    /// Begins a transaction: what is sent from here on belongs to it.
    public func beginTransaction() throws(KafkaError) {
        try transact("begin a transaction") { rd_kafka_begin_transaction($0) }
    }

    /// Makes a group's offsets part of the transaction: they are committed when it is.
    ///
    /// - Parameters:
    ///   - offsets: each is that of the next message to read.
    ///   - group: the consumer's at a moment not later than the choice of the offsets.
    public func sendOffsets(
        _ offsets: [TopicPartitionOffset], group: GroupMetadata, timeout: Duration
    ) throws(KafkaError) {
        if offsets.isEmpty { return }
        let list = PartitionList(offsets)
        try transact("add the group's offsets to the transaction") { client in
            list.withPointer { list in
                group.withPointer { rd_kafka_send_offsets_to_transaction(client, list, $0, timeout.milliseconds) }
            }
        }
    }

    /// Waits until everything sent is delivered, and commits.
    public func commitTransaction(timeout: Duration) throws(KafkaError) {
        try transact("commit a transaction") { rd_kafka_commit_transaction($0, timeout.milliseconds) }
    }

    /// Gives up what is under way; readers of committed messages never see it.
    public func abortTransaction(timeout: Duration) throws(KafkaError) {
        try transact("abort a transaction") { rd_kafka_abort_transaction($0, timeout.milliseconds) }
    }

    private func transact(_ action: String, _ call: (OpaquePointer) -> OpaquePointer?) throws(KafkaError) {
        let place = transactionalID.map { "\(action) of the transactional.id \"\($0)\"" } ?? action
        guard let error = handle.withPointer(call) else { return }
        throw KafkaError(taking: error, place)
    }
}
