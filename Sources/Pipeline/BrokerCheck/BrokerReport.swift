import FoundationEssentials

/// What broker-check found. The JSON form has these names.
public struct BrokerReport: Codable, Sendable {
    /// A broker and whether its advertised listener can be reached from here.
    public struct Broker: Codable, Sendable {
        /// Its id (`node.id`).
        public var id: Int32
        /// The host that it advertises.
        public var host: String
        /// The port that it advertises.
        public var port: Int
        /// Milliseconds that connecting took; nil where it failed.
        public var connectMilliseconds: Double?
    }

    /// A partition of a topic.
    public struct Partition: Codable, Sendable {
        /// Its number.
        public var id: Int32
        /// The leading broker; -1 for none.
        public var leader: Int32
        /// The brokers that should have it.
        public var replicas: [Int32]
        /// Those of them that have all of it.
        public var inSyncReplicas: [Int32]
    }

    /// A topic of the pipeline.
    public struct Topic: Codable, Sendable {
        /// Its name.
        public var name: String
        /// Whether the broker has it.
        public var exists: Bool
        /// Its partitions.
        public var partitions: [Partition]
    }

    /// How far a group is in one partition.
    public struct Lag: Codable, Sendable {
        /// The partition's topic.
        public var topic: String
        /// The partition's number.
        public var partition: Int32
        /// The committed offset; nil where none was.
        public var currentOffset: Int64?
        /// The offset that the next message will get.
        public var logEndOffset: Int64
        /// What is between them; nil where nothing was committed.
        public var lag: Int64?
    }

    /// A consumer group of the pipeline.
    public struct Group: Codable, Sendable {
        /// Its name.
        public var name: String
        /// Its state, as Kafka says it.
        public var state: String
        /// How many members it has.
        public var members: Int
        /// Its partitions.
        public var partitions: [Lag]
    }

    /// The address asked.
    public var bootstrapServers: String
    /// How the connection is secured: `PLAINTEXT`, `SSL`, `SASL_SSL with SCRAM-SHA-512`, ….
    public var security: String
    /// The cluster's id.
    public var clusterID: String?
    /// The broker that controls it.
    public var controllerID: Int32?
    /// The brokers.
    public var brokers: [Broker] = []
    /// The topics.
    public var topics: [Topic] = []
    /// The groups.
    public var groups: [Group] = []
    /// Milliseconds from sending a message to the probe topic to reading it; nil where that failed.
    public var roundTripMilliseconds: Double?
    /// What is not as it should be, each with what to do.
    public var findings: [String] = []
    /// Whether the broker answered at all.
    public var isReachable = false

    /// 0 healthy, 1 degraded, 69 unreachable, 77 not authorised.
    public var status: ExitStatus {
        if !isReachable { return isUnauthorized ? .notAuthorized : .unavailable }
        return findings.isEmpty ? .success : .degraded
    }

    /// Whether the broker refused the credentials.
    public var isUnauthorized = false

    /// As JSON, with sorted keys.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
