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
}
