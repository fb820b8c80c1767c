import CLinux
import Events
import FoundationEssentials
import Glibc
import Kafka
import Postgres
import Threads

/// The processes of a pipeline on this machine: broker and database where none are given, persist, infer. Producers come
/// and go beside them.
final class PipelineProcesses {
    /// How to reach the broker and the database; an empty text where there is none.
    let bootstrapServers: String
    let database: String
    /// Whether the broker is the embedded one.
    let isEmbedded: Bool
    /// A psql command line for the database.
    let psqlCommand: String

    private let setup: PipelineSetup
    private let folder: String
    private let cluster: TemporaryCluster?
    private let broker: ChildProcess?
    private var persist: ChildProcess?
    private var infers: [ChildProcess] = []
    private var producers: [ChildProcess] = []

    /// Starts broker and database, where none are given.
    ///
    /// - Parameter folder: where logs go, and the file of Kafka's properties.
    init(_ setup: PipelineSetup, folder: String) throws {
        self.setup = setup
        self.folder = folder
        if let database = setup.database ?? (setup.needsDatabase ? nil : "") {
            cluster = nil
            self.database = database
            psqlCommand = "psql \"$DATABASE_URL\""
        } else {
            let cluster = try TemporaryCluster()
            self.cluster = cluster
            database = cluster.conninfo
            psqlCommand = cluster.psqlCommand
        }
        if let servers = setup.bootstrapServers {
            broker = nil
            isEmbedded = false
            bootstrapServers = servers
        } else {
            isEmbedded = true
            (broker, bootstrapServers) = try PipelineProcesses.startBroker(setup, folder: folder)
        }
        try writeKafkaConfiguration()
    }

    /// librdkafka's properties for questions to the cluster.
    func kafkaConfiguration() throws -> KafkaConfiguration {
        var configuration = KafkaConfiguration(bootstrapServers: bootstrapServers)
        try configuration.load(file: kafkaFile)
        configuration.set("bootstrap.servers", bootstrapServers)
        return configuration
    }

    // MARK: - Roles

    /// Starts persist, where there is none, and brings the number of infers to that many; waits until all are ready.
    ///
    /// - Parameter shouldStop: asked while waiting.
    func startRoles(infers count: Int = 1, until shouldStop: () -> Bool) throws {
        if count != infers.count {
            // All anew: the group deals the partitions out once.
            for infer in infers { infer.signal(SIGTERM) }
            for infer in infers { infer.stop(within: PipelineProcesses.drainLimit) }
            infers = []
        }
        var waiting: [ReadySocket] = []
        if persist == nil {
            persist = try startReady("persist", label: "persist", persistArguments, &waiting)
        }
        for number in infers.count..<count {
            let label = count == 1 ? "infer" : "infer-\(number + 1)"
            // Readers of the embedded broker wait until all that was sent is answered: offsets are to be soon committed.
            let arguments = setup.allInferArguments + (isEmbedded ? ["--commit-interval", "100ms"] : [])
            infers.append(try startReady("infer", label: label, arguments, &waiting))
        }
        while !waiting.isEmpty, !shouldStop() {
            try check()
            waiting.removeAll { $0.isReady() }
        }
    }

    /// Starts one producer.
    ///
    /// - Parameters:
    ///   - count: producers that send at the same time.
    ///   - arguments: options beside its name and their number.
    func startProducer(_ number: Int, of count: Int, label: String, _ arguments: [String]) throws {
        var arguments = arguments + ["--producer", "p\(number)", "--producers", "\(count)"]
        if isEmbedded {
            arguments += ["--credit-bytes", "\(PipelineProcesses.creditBytes / count)"]
        }
        producers.append(try start("produce", arguments, label: label))
    }

    /// Asks the producers to end: they wait for the results that are missing.
    func stopProducers() {
        for producer in producers { producer.signal(SIGTERM) }
    }

    /// The processes by what they do, for those that count what these take up.
    var processes: [(role: String, process: pid_t)] {
        var processes = producers.map { ("produce", $0) } + infers.map { ("infer", $0) }
        if let persist { processes.append(("persist", persist)) }
        if let broker { processes.append(("embedded broker", broker)) }
        let running = processes.filter { $0.1.ended == nil }.map { (role: $0.0, process: $0.1.identifier) }
        return running + (cluster?.serverProcess.map { [(role: "postgres", process: $0)] } ?? [])
    }

    /// Whether every producer has ended.
    var producersEnded: Bool { producers.allSatisfy { $0.ended != nil } }

    /// Forgets the producers that have ended.
    func collectProducers() {
        producers = []
    }

    /// Tells the producers how far persist has stored each partition.
    func grant(_ stored: [TopicPartition: Int64]) {
        // On a real cluster nobody reads them: the pipes would fill up.
        guard isEmbedded else { return }
        let lines = StoredOffsets.lines(stored)
        for producer in producers where producer.ended == nil { producer.write(lines) }
    }

    /// - Throws: `RoleError` where a process ended that should not have.
    func check() throws {
        for process in [broker, persist].compactMap({ $0 }) + infers {
            if let exit = process.ended { throw failure(process, exit) }
        }
        for producer in producers {
            // 75 is a producer's way to say that it counted undelivered images.
            if let exit = producer.ended, exit != .code(0), exit != .code(ExitStatus.temporaryFailure.rawValue) {
                throw failure(producer, exit)
            }
        }
        if let cluster, cluster.serverProcess == nil {
            throw RoleError(.unavailable, "the private PostgreSQL ended: is the disk of \(cluster.folder) full?")
        }
    }

    /// Drains the roles and ends everything, front to back.
    func stop() {
        for process in producers { process.signal(SIGTERM) }
        for process in producers { process.stop(within: .seconds(5)) }
        for infer in infers { infer.signal(SIGTERM) }
        for process in infers + [persist].compactMap({ $0 }) { process.stop(within: PipelineProcesses.drainLimit) }
        broker?.stop(within: .seconds(5))
        cluster?.stop()
    }

    // MARK: - Starting

    /// Bytes of images in one partition of the embedded broker that are not stored yet: it keeps 5 MiB.
    private static let creditBytes = 3 << 20

    /// An embedded broker is another cluster each time, which a database that is not the demo's own may have seen begin.
    private var persistArguments: [String] { isEmbedded ? ["--on-offset-gap", "earliest"] : [] }

    /// How long a role may take to end: its own time to drain, and some.
    private static let drainLimit = Duration.seconds(25)

    private var kafkaFile: String { "\(folder)/kafka.properties" }

    private func startReady(
        _ role: String, label: String, _ arguments: [String], _ waiting: inout [ReadySocket]
    ) throws -> ChildProcess {
        let socket = try ReadySocket(name: label)
        waiting.append(socket)
        return try start(role, arguments, label: label, environment: ["NOTIFY_SOCKET": socket.path])
    }

    private func start(
        _ role: String, _ arguments: [String], label: String, environment: [String: String] = [:]
    ) throws -> ChildProcess {
        // The database goes through the environment, where no other user sees its password.
        var environment = environment
        environment["IOTPIPE_DATABASE"] = database
        return try ChildProcess(
            name: label, executable: setup.executable,
            arguments: [role, "--bootstrap-server", bootstrapServers, "--kafka-config", kafkaFile] + arguments,
            environment: environment, log: "\(folder)/\(label).log")
    }

    /// Puts all properties in one file that only this user can read, so that none shows in a process list.
    private func writeKafkaConfiguration() throws {
        var lines: [String] = []
        if isEmbedded {
            // What librdkafka's mock cluster needs: see the section on the embedded broker in DESIGN.md.
            lines = ["session.timeout.ms=6000", "fetch.wait.max.ms=10"]
        }
        if let path = setup.kafkaConfig {
            guard let text = try? TextFile.read(path) else {
                throw RoleError(.inputMissing, "cannot read --kafka-config \(path)")
            }
            lines += text.split(separator: "\n").map(String.init)
        }
        lines += setup.kafkaProperties
        let descriptor = open(kafkaFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw RoleError(.cannotCreate, "cannot make \(kafkaFile): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw RoleError(.ioFailure, "cannot write \(kafkaFile): \(String(cString: strerror(errno)))")
        }
    }

    private static func startBroker(_ setup: PipelineSetup, folder: String) throws -> (ChildProcess, String) {
        var pipeEnds: [Int32] = [0, 0]
        guard iotpipe_pipe(&pipeEnds) == 0 else {
            throw RoleError(.internalFailure, "cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        defer { close(pipeEnds[0]) }
        let broker = try ChildProcess(
            name: "embedded-broker", executable: setup.executable, arguments: ["embedded-broker"], environment: [:],
            log: "\(folder)/embedded-broker.log", output: pipeEnds[1])
        close(pipeEnds[1])
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(pipeEnds[0], &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        guard !line.isEmpty else {
            throw RoleError(.unavailable, "the embedded broker did not start:\n\(broker.lastLines(5))")
        }
        return (broker, String(decoding: line, as: UTF8.self))
    }

    private func failure(_ process: ChildProcess, _ exit: ChildProcess.Exit) -> RoleError {
        var status = ExitStatus.internalFailure
        if case .code(let code) = exit { status = ExitStatus(rawValue: code) ?? status }
        if status == .success { status = .internalFailure }
        return RoleError(status, "\(process.name) \(exit.text). Its last words:\n\(process.lastLines(8))")
    }
}
