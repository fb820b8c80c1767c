import Events
import Kafka
import Postgres
import TestSupport
import Testing

@testable import Pipeline

/// Topics of one test on the shared broker, a database, and the program's commands on both.
struct LetterScene {
    let kafka: KafkaServer
    let cluster: TemporaryCluster
    let connection: Connection
    let images: String
    let arguments: [String]

    init(_ name: String) throws {
        kafka = try Servers.kafka()
        cluster = try TemporaryCluster()
        images = "\(name).images"
        arguments = [
            "--bootstrap-server", kafka.bootstrapServers, "--images-topic", images,
            "--inferences-topic", "\(name).inferences", "--dead-letters-topic", "\(name).dead-letters",
            "--partitions", "1",
        ]
        connection = try Connection(cluster.conninfo, applicationName: "tests")
    }

    func role(_ name: String, _ more: [String] = []) throws -> RoleProcess {
        try RoleProcess(
            [name, "--group", "\(images)-\(name)"] + arguments + more,
            environment: ["IOTPIPE_DATABASE": cluster.conninfo], waits: true)
    }

    func letters(_ arguments: String) -> Shell.Outcome {
        Shell.iotpipe("dead-letters \(arguments)", environment: ["IOTPIPE_DATABASE": cluster.conninfo])
    }

    func replay(_ arguments: String) -> Shell.Outcome {
        letters("replay -b \(kafka.bootstrapServers) \(arguments)")
    }

    func count(_ sql: String) throws -> Int {
        Int(try connection.query("SELECT count(*) FROM \(sql)")[0].int(0) ?? -1)
    }

    func send(_ events: [EncodedEvent]) throws {
        var configuration = KafkaConfiguration(bootstrapServers: kafka.bootstrapServers)
        configuration.set("batch.num.messages", "1")
        let producer = try Producer(configuration: configuration) { reports in
            for report in reports { #expect(report.error == nil) }
        }
        for event in events { try producer.sendWaiting(event, topic: images) }
        #expect(producer.flush(timeout: .seconds(60)) == 0)
        producer.close()
    }
}
