import Kafka
import Testing

@testable import Pipeline

@Suite struct BrokerCheckTests {
    private func check(_ cluster: Cluster, _ change: (inout BrokerCheck.Options) -> Void = { _ in }) throws
        -> BrokerReport
    {
        var options = BrokerCheck.Options(kafka: cluster.kafka())
        options.groups = []
        options.timeout = .seconds(20)
        change(&options)
        return try BrokerCheck(options: options, logger: cluster.log.logger).run()
    }

    @Test func healthyClusterHasNoFindings() throws {
        let cluster = try Cluster()
        try cluster.broker.createTopic(BrokerCheck.probeTopic, partitions: 1)
        let report = try check(cluster)
        #expect(report.findings == [])
        #expect(report.status == .success)
        #expect(report.bootstrapServers == cluster.broker.bootstrapServers && report.security == "PLAINTEXT")
        #expect(report.brokers.count == 1 && report.brokers[0].connectMilliseconds != nil)
        #expect(report.topics.map(\.name) == cluster.topics.all)
        #expect(report.topics.allSatisfy { $0.exists && $0.partitions.count == 2 })
        let roundTrip = try #require(report.roundTripMilliseconds)
        #expect(roundTrip > 0)
    }

    @Test func missingTopicIsAFinding() throws {
        let cluster = try Cluster()
        try cluster.broker.createTopic(BrokerCheck.probeTopic, partitions: 1)
        let report = try check(cluster) { $0.topics.images = "other.images" }
        #expect(report.status == .degraded)
        #expect(report.findings.contains("topic other.images is missing: --create-topics makes it"))
        #expect(report.topics.first { $0.name == "other.images" }?.exists == false)
    }

    @Test func clusterThatIsAwayIsUnreachable() throws {
        let cluster = try Cluster()
        try cluster.broker.stopBroker(1)
        let report = try check(cluster) { $0.timeout = .milliseconds(300) }
        #expect(report.status == .unavailable)
        #expect(report.findings.count == 1)
        #expect(!report.isReachable && report.brokers.isEmpty)
    }

    @Test func waitingEndsWhenTheClusterIsBack() throws {
        let cluster = try Cluster()
        try cluster.broker.createTopic(BrokerCheck.probeTopic, partitions: 1)
        try cluster.broker.stopBroker(1)
        let log = cluster.log
        let broker = cluster.broker
        let starter = Repeater(name: "starter", every: .milliseconds(20)) {
            if log.text.contains("not healthy yet") { try? broker.startBroker(1) }
        }
        defer { starter.stop() }
        let report = try check(cluster) {
            $0.timeout = .seconds(2)
            $0.wait = Wait.patience
        }
        #expect(report.status == .success)
        #expect(log.text.contains("not healthy yet"))
    }
}
