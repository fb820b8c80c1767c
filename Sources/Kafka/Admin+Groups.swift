import CRdKafka

extension Admin {
    /// A consumer group.
    public struct Group: Sendable, Equatable {
        /// A member of a group.
        public struct Member: Sendable, Equatable {
            /// The id that the coordinator gave it.
            public let id: String
            /// Its `client.id`.
            public let clientID: String
            /// The address it connected from.
            public let host: String
            /// The partitions it reads.
            public let assignment: [TopicPartition]
        }

        /// The group's name.
        public let name: String
        /// `Stable`, `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Dead` or `Unknown`.
        public let state: String
        /// How its partitions are dealt out (`range`, …); empty where nobody is in it.
        public let assignor: String
        /// Who is in it.
        public let members: [Member]
    }

    /// The names of all consumer groups.
    public func listGroups(timeout: Duration) throws(KafkaError) -> [String] {
        try request(
            "list the consumer groups", RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, timeout: timeout,
            send: { client, options, queue in rd_kafka_ListConsumerGroups(client, options, queue) },
            read: { event throws(KafkaError) in
                let result = rd_kafka_event_ListConsumerGroups_result(event)
                var count = 0
                let errors = rd_kafka_ListConsumerGroups_result_errors(result, &count)
                if count > 0, let error = errors?[0] { throw KafkaError(reading: error, "list the consumer groups") }
                let groups = rd_kafka_ListConsumerGroups_result_valid(result, &count)
                return (0..<count).compactMap { groups?[$0] }
                    .map { String(cString: rd_kafka_ConsumerGroupListing_group_id($0)) }
                    .sorted()
            })
    }

    /// A group's state and members. A group that nobody has used is `Dead`.
    public func describeGroup(_ name: String, timeout: Duration) throws(KafkaError) -> Group {
        let action = "describe the consumer group \(name)"
        return try request(
            action, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, timeout: timeout,
            send: { client, options, queue in
                name.withCString { name in
                    var names: [UnsafePointer<CChar>?] = [name]
                    rd_kafka_DescribeConsumerGroups(client, &names, 1, options, queue)
                }
            },
            read: { event throws(KafkaError) in
                var count = 0
                let groups = rd_kafka_DescribeConsumerGroups_result_groups(
                    rd_kafka_event_DescribeConsumerGroups_result(event), &count)
                guard count > 0, let group = groups?[0] else {
                    throw KafkaError(RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND, action)
                }
                if let error = rd_kafka_ConsumerGroupDescription_error(group) {
                    throw KafkaError(reading: error, action)
                }
                let state = rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(group))
                return Group(
                    name: name, state: state.map { String(cString: $0) } ?? "Unknown",
                    assignor: String(cString: rd_kafka_ConsumerGroupDescription_partition_assignor(group)),
                    members: (0..<rd_kafka_ConsumerGroupDescription_member_count(group))
                        .compactMap { rd_kafka_ConsumerGroupDescription_member(group, $0) }
                        .map(Admin.member))
            })
    }

    private static func member(_ member: OpaquePointer) -> Group.Member {
        let partitions = rd_kafka_MemberDescription_assignment(member)
            .flatMap { rd_kafka_MemberAssignment_partitions($0) }
        return Group.Member(
            id: String(cString: rd_kafka_MemberDescription_consumer_id(member)),
            clientID: String(cString: rd_kafka_MemberDescription_client_id(member)),
            host: String(cString: rd_kafka_MemberDescription_host(member)),
            assignment: partitions.map { PartitionList.offsets(in: $0).map(\.topicPartition) } ?? [])
    }

    /// What a group has committed.
    ///
    /// - Parameter partitions: those to ask for (`TopicPartitionOffset.invalid` comes back where nothing was
    ///   committed); nil gives all that the group has.
    public func committedOffsets(
        group: String, partitions: [TopicPartition]? = nil, timeout: Duration
    ) throws(KafkaError) -> [TopicPartitionOffset] {
        let action = "read the committed offsets of the consumer group \(group)"
        let list = partitions.map { PartitionList($0) }
        // librdkafka copies the list; nil asks for all.
        var question = list?.withPointer { rd_kafka_ListConsumerGroupOffsets_new(group, $0) }
        if list == nil { question = rd_kafka_ListConsumerGroupOffsets_new(group, nil) }
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(question) }
        return try request(
            action, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout: timeout,
            send: { client, options, queue in
                rd_kafka_ListConsumerGroupOffsets(client, &question, 1, options, queue)
            },
            read: { event throws(KafkaError) in
                var count = 0
                let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
                    rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
                guard count > 0, let result = groups?[0] else { return [] }
                if let error = rd_kafka_group_result_error(result) { throw KafkaError(reading: error, action) }
                guard let offsets = rd_kafka_group_result_partitions(result) else { return [] }
                return PartitionList.offsets(in: offsets)
            })
    }
}
