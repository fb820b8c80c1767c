import Foundation
import Glibc
import Kafka

@testable import Pipeline

/// A real Apache Kafka on free loopback ports, its data in a temporary folder.
final class KafkaServer: @unchecked Sendable {
    /// How the cluster keeps its metadata.
    enum Mode: String, CaseIterable, Sendable {
        case kraft, zookeeper
    }

    /// Where clients connect.
    let bootstrapServers: String
    /// Where clients connect with a user and a password (PLAIN), where there is such a listener.
    let saslBootstrapServers: String?
    private let folder: String
    private let mode: Mode
    private var processes: [ChildProcess] = []

    /// Starts a broker and waits until it answers.
    ///
    /// - Parameter saslUser: adds a listener that asks for this user (in KRaft mode).
    init(_ mode: Mode, saslUser: (name: String, password: String)? = nil) throws {
        self.mode = mode
        folder = "\(NSTemporaryDirectory())/iotpipe-kafka-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let ports = try FreePorts.take(3)
        bootstrapServers = "127.0.0.1:\(ports[0])"
        saslBootstrapServers = saslUser.map { _ in "127.0.0.1:\(ports[2])" }
        try write(broker: ports[0], other: ports[1], sasl: saslUser.map { (ports[2], $0.name, $0.password) })
        if mode == .kraft {
            let format = Shell.run(
                "cd '\(Surroundings.kafkaHome)' && bin/kafka-storage.sh format -t $(bin/kafka-storage.sh random-uuid) "
                    + "-c '\(folder)/server.properties'", environment: ["LOG_DIR": folder])
            guard format.status == 0 else { throw Failure(what: "kafka-storage format: \(format.output)") }
        }
        try start()
    }

    deinit { stop() }

    /// Starts the processes and waits until the broker answers.
    func start() throws {
        if mode == .zookeeper { processes.append(try process("zookeeper-server-start.sh", "zookeeper.properties")) }
        processes.append(try process("kafka-server-start.sh", "server.properties"))
        do {
            try Admin(configuration: KafkaConfiguration(bootstrapServers: bootstrapServers))
                .waitUntilReachable(timeout: .seconds(60))
        } catch {
            throw Failure(what: "Kafka did not start: \(error)\n\(processes.last!.lastLines(20))")
        }
    }

    /// Ends the processes as a power cut would; `start` begins again on the same ports and data.
    func kill() {
        for process in processes.reversed() {
            process.signal(SIGKILL)
            process.wait()
        }
        processes = []
    }

    /// Stops the processes, the broker first.
    func stop() {
        for process in processes.reversed() {
            process.signal(SIGTERM)
            process.stop(within: .seconds(20))
        }
        processes = []
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs one of Kafka's own tools.
    func tool(_ name: String, _ arguments: String) -> Shell.Outcome {
        Shell.run(
            "'\(Surroundings.kafkaHome)/bin/\(name)' --bootstrap-server \(bootstrapServers) \(arguments)",
            environment: ["LOG_DIR": folder])
    }

    private func process(_ script: String, _ configuration: String) throws -> ChildProcess {
        try ChildProcess(
            name: script, executable: "\(Surroundings.kafkaHome)/bin/\(script)",
            arguments: ["\(folder)/\(configuration)"],
            environment: ["LOG_DIR": folder, "KAFKA_HEAP_OPTS": "-Xms256M -Xmx512M"], log: "\(folder)/\(script).log")
    }

    private func write(
        broker: UInt16, other: UInt16, sasl: (port: UInt16, name: String, password: String)?
    ) throws {
        var lines = [
            "log.dirs=\(folder)/logs", "num.partitions=4", "offsets.topic.replication.factor=1",
            "offsets.topic.num.partitions=8", "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1", "transaction.state.log.num.partitions=8",
            "group.initial.rebalance.delay.ms=0",
        ]
        switch mode {
        case .kraft:
            let addition = sasl.map { ",SASL_PLAINTEXT://127.0.0.1:\($0.port)" } ?? ""
            lines += [
                "process.roles=broker,controller", "node.id=1", "controller.quorum.voters=1@127.0.0.1:\(other)",
                "listeners=PLAINTEXT://127.0.0.1:\(broker),CONTROLLER://127.0.0.1:\(other)\(addition)",
                "advertised.listeners=PLAINTEXT://127.0.0.1:\(broker)\(addition)",
                "controller.listener.names=CONTROLLER",
                "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT",
            ]
            if let sasl {
                lines += [
                    "sasl.enabled.mechanisms=PLAIN",
                    "listener.name.sasl_plaintext.plain.sasl.jaas.config="
                        + "org.apache.kafka.common.security.plain.PlainLoginModule required "
                        + "user_\(sasl.name)=\"\(sasl.password)\";",
                ]
            }
        case .zookeeper:
            lines += [
                "broker.id=1", "zookeeper.connect=127.0.0.1:\(other)", "listeners=PLAINTEXT://127.0.0.1:\(broker)",
                "advertised.listeners=PLAINTEXT://127.0.0.1:\(broker)",
            ]
            let zookeeper = [
                "dataDir=\(folder)/zookeeper", "clientPort=\(other)", "clientPortAddress=127.0.0.1",
                "admin.enableServer=false", "maxClientCnxns=0",
            ]
            try (zookeeper.joined(separator: "\n") + "\n").write(
                toFile: "\(folder)/zookeeper.properties", atomically: true, encoding: .utf8)
        }
        try (lines.joined(separator: "\n") + "\n").write(
            toFile: "\(folder)/server.properties", atomically: true, encoding: .utf8)
    }

    struct Failure: Error, CustomStringConvertible {
        let what: String
        var description: String { what }
    }
}
