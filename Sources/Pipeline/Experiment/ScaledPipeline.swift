import Glibc
import Kafka
import Threads

/// A pipeline whose roles somebody else runs, such as Docker Compose through `compose/experiment`.
///
/// It is asked for on standard output, a line each: `scale inference=2`, `scale producer=3 ARGUMENT...`, and
/// `scale producer=0` where the producers are to end. Standard input has the answers: `ready` once so many infers are,
/// `ended` once all producers of a `scale` have ended, `failed WHY` where neither will be. Arguments are quoted as for a shell.
final class ScaledPipeline: ExperimentPipeline {
    private struct State {
        var isReady = false
        var hasEnded = true
        /// Whoever answered is gone.
        var isOver = false
        var failure: RoleError?
    }

    private let servers: PipelineProcesses
    private let say: (String) -> Void
    private let state = Monitor(State())
    private var infers: Int?

    /// - Parameters:
    ///   - setup: names the cluster, and perhaps the database.
    ///   - folder: for the file of Kafka's properties.
    ///   - say: writes a line.
    ///   - listen: reads a line; nil at the end. Called on a thread of its own.
    init(
        _ setup: PipelineSetup, folder: String, say: @escaping (String) -> Void,
        listen: @escaping @Sendable () -> String? = { readLine() }
    ) throws {
        servers = try PipelineProcesses(setup, folder: folder)
        self.say = say
        let state = self.state
        _ = OSThread(name: "answers") {
            while let line = listen() {
                state.update { state in
                    switch line {
                    case "ready": state.isReady = true
                    case "ended": state.hasEnded = true
                    default: state.failure = state.failure ?? ScaledPipeline.failure(line)
                    }
                }
            }
            state.update { $0.isOver = true }
        }
    }

    // MARK: - Servers

    var bootstrapServers: String { servers.bootstrapServers }
    var database: String { servers.database }
    var isEmbedded: Bool { servers.isEmbedded }
    var processes: [(role: String, process: pid_t)] { servers.processes }
    func kafkaConfiguration() throws -> KafkaConfiguration { try servers.kafkaConfiguration() }
    func stop() { servers.stop() }

    // MARK: - Roles

    func startRoles(infers count: Int, until shouldStop: () -> Bool) throws {
        guard infers != count else { return }
        state.update { $0.isReady = false }
        say("scale inference=\(count)")
        while !shouldStop() {
            try check()
            let next = MonotonicClock.deadline(after: .milliseconds(100))
            if state.wait(until: next, for: { $0.isReady ? true : nil }) == true { break }
        }
        infers = count
    }

    func startProducers(of run: ExperimentRun, _ arguments: [String], folder: ExperimentFolder) {
        state.update { $0.hasEnded = false }
        // Each has a name of its own, and its file is named by it.
        let all = arguments + ["--producers", "\(run.producers)", "--latencies", folder.folder(of: run) + "/"]
        say("scale producer=\(run.producers) \(all.map(ScaledPipeline.quoted).joined(separator: " "))")
    }

    var producersEnded: Bool { state.read { $0.hasEnded } }

    func stopProducers() { say("scale producer=0") }

    func collectProducers() {}

    func grant(_ stored: [TopicPartition: Int64]) {}

    func check() throws {
        let (isOver, failure) = state.read { ($0.isOver, $0.failure) }
        if let failure { throw failure }
        if isOver { throw RoleError(.unavailable, "standard input has ended: whoever runs the roles is gone") }
    }

    /// What an answer means that is neither `ready` nor `ended`.
    private static func failure(_ line: String) -> RoleError {
        let text = String(line.prefix(200)).debugDescription
        let word = "failed "
        guard line.hasPrefix(word) else {
            return RoleError(.badData, "standard input: \(text) is no answer: expected ready, ended or failed WHY")
        }
        return RoleError(.unavailable, "the roles: \(text.dropFirst(1 + word.count).dropLast())")
    }

    /// A word for a shell, in quotes where it needs them.
    static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:,=+@%".utf8.contains(byte)
            }
        }
        if isPlain, !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
