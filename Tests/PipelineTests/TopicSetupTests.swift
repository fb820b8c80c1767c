import Kafka
import Testing

@testable import Pipeline

@Suite struct TopicSetupTests {
    @Test func partitionsOfTheTopicsThatAreThere() throws {
        let cluster = try Cluster(partitions: 3)
        let counts = try TopicSetup().ensure(
            with: Admin(configuration: cluster.kafka()), timeout: Wait.patience, logger: cluster.log.logger)
        #expect(counts == ["iot.images": 3, "iot.inferences": 3, "iot.dead-letters": 3])
        #expect(cluster.log.text.isEmpty, "nothing was made")
    }

    @Test func missingTopicsAreNamedWhereNoneMayBeMade() throws {
        let cluster = try Cluster()
        var setup = TopicSetup()
        setup.images = "other.images"
        setup.deadLetters = "other.dead"
        setup.createsMissing = false
        let admin = try Admin(configuration: cluster.kafka())
        let error = thrown(RoleError.self) {
            try setup.ensure(with: admin, timeout: Wait.patience, logger: cluster.log.logger)
        }
        #expect(error?.status == .unavailable)
        #expect(error?.message.hasPrefix("topic other.images, other.dead does not exist") == true)
    }

    @Test func brokerThatDoesNotAnswerIsUnreachable() throws {
        let cluster = try Cluster()
        try cluster.broker.stopBroker(1)
        let admin = try Admin(configuration: cluster.kafka())
        let error = thrown(KafkaError.self) {
            try TopicSetup().ensure(with: admin, timeout: .milliseconds(300), logger: cluster.log.logger)
        }
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains(cluster.broker.bootstrapServers) == true)
    }

    @Test func propertiesOfATopicThatIsMade() {
        var setup = TopicSetup()
        let week = "604800000"
        #expect(setup.configuration(of: setup.images) == ["retention.ms": week])
        #expect(setup.configuration(of: setup.inferences) == ["retention.ms": week])
        #expect(setup.configuration(of: setup.deadLetters) == ["retention.ms": "2592000000"])
        setup.retentionBytes = 1_000
        setup.retention = .seconds(60 * 86_400)
        #expect(setup.configuration(of: setup.images) == ["retention.ms": "5184000000", "retention.bytes": "1000"])
        #expect(setup.configuration(of: setup.deadLetters) == ["retention.ms": "5184000000"])
    }

    @Test(arguments: [(-1, nil, nil), (1, nil, "1"), (2, nil, "1"), (3, nil, "2"), (3, 3, "3"), (-1, 1, "1")])
    func oneReplicaMayBeAwayUnlessToldOtherwise(replicas: Int, inSync: Int?, expected: String?) {
        var setup = TopicSetup()
        setup.replicationFactor = Int32(replicas)
        setup.minInSyncReplicas = inSync.map { Int32($0) }
        #expect(setup.configuration(of: setup.images)["min.insync.replicas"] == expected)
    }
}
