import CRdKafka

/// Owns one of librdkafka's lists of partitions.
final class PartitionList {
    private let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// A list of places.
    init(_ offsets: some Collection<TopicPartitionOffset>) {
        list = rd_kafka_topic_partition_list_new(Int32(offsets.count))
        for place in offsets {
            let element = rd_kafka_topic_partition_list_add(list, place.topic, place.partition)
            element!.pointee.offset = place.offset
        }
    }

    /// A list of partitions without offsets.
    convenience init(_ partitions: some Collection<TopicPartition>) {
        self.init(partitions.map { TopicPartitionOffset($0, TopicPartitionOffset.invalid) })
    }

    /// Takes over a list that librdkafka allocated for us.
    init(taking list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        self.list = list
    }

    deinit {
        rd_kafka_topic_partition_list_destroy(list)
    }

    /// Lends the list to one C call.
    func withPointer<Result, Failure: Error>(
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(list)
    }

    /// The places in the list.
    var offsets: [TopicPartitionOffset] { PartitionList.offsets(in: list) }

    /// The first element that failed for a reason other than those in `ignored`.
    func firstError(
        _ action: String, ignoring ignored: [rd_kafka_resp_err_t] = []
    ) -> KafkaError? {
        for index in 0..<Int(list.pointee.cnt) {
            let element = list.pointee.elems[index]
            guard element.err != RD_KAFKA_RESP_ERR_NO_ERROR, !ignored.contains(element.err) else { continue }
            return KafkaError(element.err, "\(action) (\(String(cString: element.topic))/\(element.partition))")
        }
        return nil
    }

    /// Copies the places out of a list that librdkafka keeps.
    static func offsets(in list: UnsafePointer<rd_kafka_topic_partition_list_t>) -> [TopicPartitionOffset] {
        (0..<Int(list.pointee.cnt)).map { index in
            let element = list.pointee.elems[index]
            return TopicPartitionOffset(
                topic: String(cString: element.topic), partition: element.partition, offset: element.offset)
        }
    }

    /// Copies the places out of a list that librdkafka keeps.
    static func offsets(in list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> [TopicPartitionOffset] {
        offsets(in: UnsafePointer(list))
    }
}
