/// What a cluster says of itself: its brokers, and its topics' partitions with their replicas.
public struct ClusterMetadata: Sendable, Equatable {
    /// A server.
    public struct Broker: Sendable, Equatable {
        /// Its id (`node.id`).
        public let id: Int32
        /// The host it tells clients to connect to.
        public let host: String
        /// The port it tells clients to connect to.
        public let port: Int
    }

    /// A topic.
    public struct Topic: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Why the cluster cannot say more of it; nil where it can.
        public let error: KafkaError?
        /// Its partitions, by number.
        public let partitions: [Partition]
    }

    /// A partition of a topic.
    public struct Partition: Sendable, Equatable {
        /// Its number, from 0.
        public let id: Int32
        /// The broker that serves it; -1 where it is offline.
        public let leader: Int32
        /// The brokers that should hold it.
        public let replicas: [Int32]
        /// The brokers that hold all of it now (ISR).
        public let inSyncReplicas: [Int32]
    }

    /// The cluster's id; nil where the brokers are too old to tell.
    public let clusterID: String?
    /// The controller's broker id; -1 where none is known. A KRaft cluster names any of its brokers.
    public let controllerID: Int32
    /// The brokers that are up, by id.
    public let brokers: [Broker]
    /// All topics, by name.
    public let topics: [Topic]

    /// The topic of this name.
    public func topic(_ name: String) -> Topic? { topics.first { $0.name == name } }
}
