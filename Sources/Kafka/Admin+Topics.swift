import CRdKafka

extension Admin {
    /// A topic to make.
    public struct NewTopic: Sendable {
        /// Its name.
        public let name: String
        /// How many partitions; -1 leaves it to the broker (`num.partitions`).
        public let partitions: Int32
        /// How many copies of each; -1 leaves it to the broker (`default.replication.factor`).
        public let replicationFactor: Int32
        /// The topic's own properties, such as `retention.ms`.
        public let configuration: [String: String]

        /// A topic to make.
        public init(
            _ name: String, partitions: Int32 = -1, replicationFactor: Int32 = -1,
            configuration: [String: String] = [:]
        ) {
            self.name = name
            self.partitions = partitions
            self.replicationFactor = replicationFactor
            self.configuration = configuration
        }
    }

    /// Makes topics and waits until the cluster has them.
    ///
    /// - Returns: for each topic why it was not made, or nil where it was. `topicExists` is harmless to who only needs
    ///   the topic.
    /// - Throws: where the whole request failed: `unreachable`, `authentication`, ….
    public func createTopics(_ topics: [NewTopic], timeout: Duration) throws(KafkaError) -> [String: KafkaError?] {
        if topics.isEmpty { return [:] }
        var refused: [String: KafkaError?] = [:]
        var requests: [OpaquePointer?] = []
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        for topic in topics {
            do {
                requests.append(try Admin.request(for: topic))
            } catch {
                refused[topic.name] = .some(error)
            }
        }
        if requests.isEmpty { return refused }
        let names = topics.map(\.name).joined(separator: ", ")
        return try request(
            "create the topics \(names)", RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout: timeout,
            send: { client, options, queue in
                rd_kafka_CreateTopics(client, &requests, requests.count, options, queue)
            },
            read: { event in
                var count = 0
                let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
                return Admin.errors(in: results, count, "create").merging(refused) { $1 }
            })
    }

    private static func request(for topic: NewTopic) throws(KafkaError) -> OpaquePointer {
        var text = [CChar](repeating: 0, count: 256)
        guard
            let request = rd_kafka_NewTopic_new(
                topic.name, topic.partitions, topic.replicationFactor, &text, text.count)
        else {
            let reason = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, "create the topic \(topic.name)", detail: reason)
        }
        for (name, value) in topic.configuration {
            let code = rd_kafka_NewTopic_set_config(request, name, value)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                rd_kafka_NewTopic_destroy(request)
                throw KafkaError(code, "create the topic \(topic.name) with \(name)=\(value)")
            }
        }
        return request
    }

    /// Deletes topics with all that is in them.
    ///
    /// - Returns: for each topic why it was not deleted, or nil where it was.
    /// - Throws: where the whole request failed.
    public func deleteTopics(_ topics: [String], timeout: Duration) throws(KafkaError) -> [String: KafkaError?] {
        if topics.isEmpty { return [:] }
        var requests: [OpaquePointer?] = topics.map { rd_kafka_DeleteTopic_new($0) }
        defer { for request in requests { rd_kafka_DeleteTopic_destroy(request) } }
        return try request(
            "delete the topics \(topics.joined(separator: ", "))", RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout: timeout,
            send: { client, options, queue in
                rd_kafka_DeleteTopics(client, &requests, requests.count, options, queue)
            },
            read: { event in
                var count = 0
                let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
                return Admin.errors(in: results, count, "delete")
            })
    }

    private static func errors(
        in results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ verb: String
    ) -> [String: KafkaError?] {
        var errors: [String: KafkaError?] = [:]
        for index in 0..<count {
            guard let result = results?[index] else { continue }
            let name = String(cString: rd_kafka_topic_result_name(result))
            let code = rd_kafka_topic_result_error(result)
            let detail = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            let isDone = code == RD_KAFKA_RESP_ERR_NO_ERROR
            errors[name] = .some(isDone ? nil : KafkaError(code, "\(verb) the topic \(name)", detail: detail))
        }
        return errors
    }
}
