import Foundation
import Testing

@testable import Pipeline

@Suite struct BrokerReportTests {
    private var healthy: BrokerReport {
        var report = BrokerReport(bootstrapServers: "kafka:9092", security: "SASL_SSL with SCRAM-SHA-512")
        report.isReachable = true
        report.clusterID = "4L6g3nShT-eMCtK--X86sw"
        report.controllerID = 1
        report.brokers = [
            BrokerReport.Broker(id: 1, host: "kafka-1", port: 9092, connectMilliseconds: 0.26),
            BrokerReport.Broker(id: 2, host: "kafka-2", port: 9093, connectMilliseconds: 12),
        ]
        report.topics = [
            BrokerReport.Topic(
                name: "iot.images", exists: true,
                partitions: [
                    BrokerReport.Partition(id: 0, leader: 1, replicas: [1, 2], inSyncReplicas: [1, 2]),
                    BrokerReport.Partition(id: 1, leader: 2, replicas: [2, 1], inSyncReplicas: [2, 1]),
                ])
        ]
        report.groups = [
            BrokerReport.Group(
                name: "iotpipe-infer", state: "Stable", members: 2,
                partitions: [
                    BrokerReport.Lag(topic: "iot.images", partition: 0, currentOffset: 90, logEndOffset: 100, lag: 10),
                    BrokerReport.Lag(topic: "iot.images", partition: 1, currentOffset: nil, logEndOffset: 7, lag: nil),
                ])
        ]
        report.roundTripMilliseconds = 3.14159
        return report
    }

    private var degraded: BrokerReport {
        var report = BrokerReport(bootstrapServers: "127.0.0.1:9092", security: "PLAINTEXT")
        report.isReachable = true
        report.brokers = [BrokerReport.Broker(id: 1, host: "kafka", port: 9092, connectMilliseconds: nil)]
        report.topics = [BrokerReport.Topic(name: "iot.images", exists: false, partitions: [])]
        report.findings = ["topic iot.images is missing: --create-topics makes it"]
        return report
    }

    // MARK: - Text

    @Test func textOfAHealthyCluster() {
        #expect(
            healthy.text == """
                bootstrap   kafka:9092
                security    SASL_SSL with SCRAM-SHA-512
                cluster     4L6g3nShT-eMCtK--X86sw   controller 1
                broker 1    kafka-1:9092   connects in 0.3 ms
                broker 2    kafka-2:9093   connects in 12.0 ms
                topic       iot.images   2 partitions
                              0  leader 1  replicas [1, 2]  in sync [1, 2]
                              1  leader 2  replicas [2, 1]  in sync [2, 1]
                group       iotpipe-infer   Stable, 2 members, lag 10
                              iot.images 0  offset 90  end 100  lag 10
                              iot.images 1  offset -  end 7  lag -
                round trip  3.1 ms through the probe topic
                verdict     healthy
                """)
    }

    @Test func textOfADegradedCluster() {
        #expect(
            degraded.text == """
                bootstrap   127.0.0.1:9092
                security    PLAINTEXT
                cluster     unknown   controller unknown
                broker 1    kafka:9092   NOT REACHED
                topic       iot.images   MISSING
                PROBLEM     topic iot.images is missing: --create-topics makes it
                verdict     degraded: 1 finding
                """)
        var worse = degraded
        worse.findings.append("another")
        #expect(worse.text.hasSuffix("verdict     degraded: 2 findings"))
    }

    @Test func textOfAClusterThatDoesNotAnswer() {
        var report = BrokerReport(bootstrapServers: "127.0.0.1:1", security: "PLAINTEXT")
        report.findings = ["nobody answers"]
        #expect(
            report.text == """
                bootstrap   127.0.0.1:1
                security    PLAINTEXT
                PROBLEM     nobody answers
                verdict     unreachable
                """)
        report.isUnauthorized = true
        #expect(report.text.hasSuffix("verdict     not authorised"))
    }

    // MARK: - Status

    @Test func statusFollowsWhatWasFound() {
        #expect(healthy.status == .success)
        #expect(degraded.status == .degraded)
        var report = BrokerReport(bootstrapServers: "", security: "")
        #expect(report.status == .unavailable)
        report.isUnauthorized = true
        #expect(report.status == .notAuthorized)
    }

    // MARK: - JSON

    @Test func jsonOfADegradedCluster() throws {
        #expect(
            try degraded.json() == """
                {
                  "bootstrapServers" : "127.0.0.1:9092",
                  "brokers" : [
                    {
                      "host" : "kafka",
                      "id" : 1,
                      "port" : 9092
                    }
                  ],
                  "findings" : [
                    "topic iot.images is missing: --create-topics makes it"
                  ],
                  "groups" : [

                  ],
                  "isReachable" : true,
                  "isUnauthorized" : false,
                  "security" : "PLAINTEXT",
                  "topics" : [
                    {
                      "exists" : false,
                      "name" : "iot.images",
                      "partitions" : [

                      ]
                    }
                  ]
                }
                """)
    }

    @Test func jsonReadsBackAsTheSameReport() throws {
        for report in [healthy, degraded] {
            let text = try report.json()
            let read = try JSONDecoder().decode(BrokerReport.self, from: Data(text.utf8))
            #expect(try read.json() == text)
            #expect(read.text == report.text)
        }
    }
}
