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
        }

        /// The group's name.
        public let name: String
        /// `Stable`, `Empty`, `PreparingRebalance`, `CompletingRebalance` or `Dead`.
        public let state: String
        /// How its partitions are dealt out (`range`, …); empty where nobody is in it.
        public let assignor: String
        /// Who is in it.
        public let members: [Member]
    }

    /// The state and members of a group.
    ///
    /// By rd_kafka_list_groups: with librdkafka 2.0.2 the newer admin request can leave a client that hangs when destroyed,
    /// where the broker does not know the request.
    ///
    /// - Returns: nil where the cluster has no such group.
    public func describeGroup(_ name: String, timeout: Duration) throws(KafkaError) -> Group? {
        handle.context.forgetErrors()
        var list: UnsafePointer<rd_kafka_group_list>?
        let code = handle.withPointer { rd_kafka_list_groups($0, name, &list, timeout.milliseconds) }
        serveErrors()
        defer { if let list { rd_kafka_group_list_destroy(list) } }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
            throw handle.context.unanswered("describe the consumer group \(name)", code, after: timeout)
        }
        for group in UnsafeBufferPointer(start: list.pointee.groups, count: Int(list.pointee.group_cnt))
        where String(cString: group.group) == name {
            if group.err != RD_KAFKA_RESP_ERR_NO_ERROR {
                throw KafkaError(group.err, "describe the consumer group \(name)")
            }
            let members = UnsafeBufferPointer(start: group.members, count: Int(group.member_cnt)).map {
                Group.Member(
                    id: String(cString: $0.member_id), clientID: String(cString: $0.client_id),
                    host: String(cString: $0.client_host))
            }
            return Group(
                name: name, state: String(cString: group.state), assignor: String(cString: group.protocol),
                members: members)
        }
        return nil
    }
}
