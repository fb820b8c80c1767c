import CLinux
import Events
import FoundationEssentials
import Glibc
import Kafka
import Postgres
import Threads

/// The processes of a demo: broker, database, persist, infer. Producers come and go beside them.
final class DemoServices {
    /// How to reach the broker and the database.
    let bootstrapServers: String
    let database: String
    /// Whether the broker is the embedded one.
    let isEmbedded: Bool
    /// A psql command line for the database.
    let psqlCommand: String

    private let options: DemoOptions
    private let folder: String
    private let cluster: TemporaryCluster?
    private let broker: ChildProcess?
    private var roles: [ChildProcess] = []
    private var producers: [ChildProcess] = []

    /// Starts broker and database, where none are given.
    init(options: DemoOptions, folder: String) throws {
        self.options = options
        self.folder = folder
        if let database = options.database {
            cluster = nil
            self.database = database
            psqlCommand = "psql \"$DATABASE_URL\""
        } else {
            let cluster = try TemporaryCluster()
            self.cluster = cluster
            database = cluster.conninfo
            psqlCommand = cluster.psqlCommand
        }
        if let servers = options.bootstrapServers {
            broker = nil
            isEmbedded = false
            bootstrapServers = servers
        } else {
            isEmbedded = true
            (broker, bootstrapServers) = try DemoServices.startBroker(options, folder: folder)
        }
        try writeKafkaConfiguration()
    }

    /// A client for questions to the Kafka cluster.
    func admin() throws -> Admin {
        var configuration = KafkaConfiguration(bootstrapServers: bootstrapServers)
        try configuration.load(file: kafkaFile)
        configuration.set("bootstrap.servers", bootstrapServers)
        return try Admin(configuration: configuration)
    }

    // MARK: - Roles

    /// Starts persist and infer, and waits until both are ready.
    ///
    /// - Parameter shouldStop: asked while waiting.
    func startRoles(until shouldStop: () -> Bool) throws {
        var waiting: [(ChildProcess, ReadySocket)] = []
        for (name, arguments) in [("persist", persistArguments), ("infer", inferArguments)] {
            let socket = try ReadySocket(name: name)
            let role = try start(name, arguments, environment: ["NOTIFY_SOCKET": socket.path])
            roles.append(role)
            waiting.append((role, socket))
        }
        while !waiting.isEmpty, !shouldStop() {
            try check()
            waiting.removeAll { $0.1.isReady() }
        }
    }

    /// Starts one producer.
    func startProducer(_ number: Int, of count: Int, latencies: String) throws {
        var arguments = [
            "--rate", "\(options.rate)", "--count", "\(options.count)", "--devices", "\(options.devices)",
            "--producer", "p\(number)", "--producers", "\(count)", "--run", "demo", "--latencies", latencies,
        ]
        if let dataset = options.dataset { arguments += ["--dataset", dataset] }
        if isEmbedded {
            arguments += ["--credit-bytes", "\(DemoServices.creditBytes / count)"]
        }
        producers.append(try start("produce", arguments, label: "produce-\(count)-\(number)"))
    }

    /// Whether every producer has ended.
    var producersEnded: Bool { producers.allSatisfy { $0.ended != nil } }

    /// Forgets the producers that have ended.
    func collectProducers() {
        producers = []
    }

    /// Tells the producers how far persist has stored a partition.
    func grant(_ lines: String) {
        // On a real cluster nobody reads them: the pipes would fill up.
        guard isEmbedded else { return }
        for producer in producers where producer.ended == nil { producer.write(lines) }
    }

    /// - Throws: `RoleError` where a process ended that should not have.
    func check() throws {
        for process in [broker].compactMap({ $0 }) + roles {
            if let exit = process.ended { throw failure(process, exit) }
        }
        for producer in producers {
            // 75 is a producer's way to say that it counted undelivered images.
            if let exit = producer.ended, exit != .code(0), exit != .code(ExitStatus.temporaryFailure.rawValue) {
                throw failure(producer, exit)
            }
        }
        if let cluster, cluster.serverProcess == nil {
            throw RoleError(.unavailable, "the demo's PostgreSQL ended: is the disk of \(cluster.folder) full?")
        }
    }

    /// Drains the roles and ends everything, front to back.
    func stop() {
        for process in producers { process.signal(SIGTERM) }
        for process in producers { process.stop(within: .seconds(5)) }
        for process in roles.reversed() { process.stop(within: .seconds(25)) }
        broker?.stop(within: .seconds(5))
        cluster?.stop()
    }

    // MARK: - Starting

    /// Bytes of images in one partition of the embedded broker that are not stored yet: it keeps 5 MiB.
    private static let creditBytes = 3 << 20

    /// An embedded broker is another cluster each time, which a database that is not the demo's own may have seen begin.
    private var persistArguments: [String] { isEmbedded ? ["--on-offset-gap", "earliest"] : [] }

    private var inferArguments: [String] {
        var arguments: [String] = []
        if let weights = options.weights { arguments += ["--weights", weights] }
        return arguments
    }

    private var kafkaFile: String { "\(folder)/kafka.properties" }

    private func start(
        _ role: String, _ arguments: [String], label: String? = nil, environment: [String: String] = [:]
    ) throws -> ChildProcess {
        // The database goes through the environment, where no other user sees its password.
        var environment = environment
        environment["IOTPIPE_DATABASE"] = database
        return try ChildProcess(
            name: label ?? role, executable: options.executable,
            arguments: [role, "--bootstrap-server", bootstrapServers, "--kafka-config", kafkaFile] + arguments,
            environment: environment, log: "\(folder)/\(label ?? role).log")
    }

    /// Puts all properties in one file that only this user can read, so that none shows in a process list.
    private func writeKafkaConfiguration() throws {
        var lines: [String] = []
        if isEmbedded {
            // What librdkafka's mock cluster needs: see the section on the embedded broker in DESIGN.md.
            lines = ["session.timeout.ms=6000", "fetch.wait.max.ms=10"]
        }
        if let path = options.kafkaConfig {
            guard let text = try? TextFile.read(path) else {
                throw RoleError(.inputMissing, "cannot read --kafka-config \(path)")
            }
            lines += text.split(separator: "\n").map(String.init)
        }
        lines += options.kafkaProperties
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

    private static func startBroker(_ options: DemoOptions, folder: String) throws -> (ChildProcess, String) {
        var pipeEnds: [Int32] = [0, 0]
        guard iotpipe_pipe(&pipeEnds) == 0 else {
            throw RoleError(.internalFailure, "cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        defer { close(pipeEnds[0]) }
        let broker = try ChildProcess(
            name: "embedded-broker", executable: options.executable, arguments: ["embedded-broker"], environment: [:],
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
