extension Producer {
    /// What became of one message.
    public struct DeliveryReport: Sendable {
        /// The token given to `send`.
        public let token: UInt64
        /// The partition that the message went to; -1 where none was chosen.
        public let partition: Int32
        /// The message's offset there; `TopicPartitionOffset.invalid` where it was not delivered.
        public let offset: Int64
        /// Why it was not delivered; nil where it was.
        public let error: KafkaError?

        /// A report from its parts.
        public init(token: UInt64, partition: Int32, offset: Int64, error: KafkaError?) {
            self.token = token
            self.partition = partition
            self.offset = offset
            self.error = error
        }
    }
}
