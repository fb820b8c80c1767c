/// What a group's member does when partitions come and go. The closures run inside `Consumer.poll` and
/// `Consumer.close`, on the calling thread; they may commit, pause and ask, but neither poll nor close.
///
/// A closure that holds the consumer makes a cycle, which `Consumer.close` breaks.
public struct RebalanceListener: Sendable {
    /// Gets the partitions that come to this member, and gives the offsets to start them at (an offset, or one of
    /// `TopicPartitionOffset`'s constants); one that is missing starts where the group has committed. What it throws
    /// ends polling: every later `poll` fails, and `Consumer.listenerError` has it.
    public let assigned: @Sendable ([TopicPartition]) throws -> [TopicPartition: Int64]

    /// Gets the partitions that this member gives back: commit what is done of them here.
    public let revoked: @Sendable ([TopicPartition]) -> Void

    /// Gets the partitions that were taken away without asking (the session timed out): another member may have them
    /// already, and a commit would be refused.
    public let lost: @Sendable ([TopicPartition]) -> Void

    /// A listener from its three closures.
    public init(
        assigned: @escaping @Sendable ([TopicPartition]) throws -> [TopicPartition: Int64] = { _ in [:] },
        revoked: @escaping @Sendable ([TopicPartition]) -> Void = { _ in },
        lost: @escaping @Sendable ([TopicPartition]) -> Void = { _ in }
    ) {
        self.assigned = assigned
        self.revoked = revoked
        self.lost = lost
    }
}
