import Foundation
import Synchronization
import Testing
import Threads

@testable import Pipeline

/// The roles that somebody else runs: what is asked for, and what the answers do.
@Suite struct ScaledPipelineTests {
    /// Somebody who answers.
    private final class Partner: Sendable {
        private let asked = Mutex<[String]>([])
        private let answers = Monitor((lines: [String](), isOver: false))

        /// What was asked for so far.
        var lines: [String] { asked.withLock { $0 } }

        func hear(_ line: String) { asked.withLock { $0.append(line) } }
        func answer(_ line: String) { answers.update { $0.lines.append(line) } }
        func leave() { answers.update { $0.isOver = true } }

        /// The next answer; nil once it has left.
        func next() -> String? {
            answers.wait { state -> String?? in
                if !state.lines.isEmpty { return .some(state.lines.removeFirst()) }
                return state.isOver ? .some(nil) : nil
            } ?? nil
        }
    }

    private let partner = Partner()
    private let folder = NSTemporaryDirectory() + "iotpipe-scaled-\(UUID().uuidString)"

    private func pipeline() throws -> ScaledPipeline {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var setup = PipelineSetup(executable: "/bin/false")
        setup.bootstrapServers = "kafka:9092"
        setup.needsDatabase = false
        return try ScaledPipeline(
            setup, folder: folder, say: { [partner] in partner.hear($0) }, listen: { [partner] in partner.next() })
    }

    private func remove() {
        partner.leave()
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test func infersAreWaitedForAndAskedForOnce() throws {
        defer { remove() }
        let pipeline = try pipeline()
        let waits = Atomic<Int>(0)
        let wait = { [partner] () -> Bool in
            // Only once it has begun to wait.
            if waits.add(1, ordering: .relaxed).oldValue == 0 { partner.answer("ready") }
            return false
        }
        try pipeline.startRoles(infers: 2, until: wait)
        #expect(partner.lines == ["scale inference=2"])
        try pipeline.startRoles(infers: 2, until: { true })
        #expect(partner.lines.count == 1)
        // A stop ends the wait.
        try pipeline.startRoles(infers: 1, until: { true })
        #expect(partner.lines == ["scale inference=2", "scale inference=1"])
    }

    @Test func producersRunUntilTheyAreSaidToHaveEnded() throws {
        defer { remove() }
        let pipeline = try pipeline()
        let results = try ExperimentFolder(
            path: "\(folder)/out", settings: ExperimentSettings(), machine: .current, version: "1")
        let run = ExperimentRun.offering(20, infers: 1, producers: 3, kind: .measured)
        #expect(pipeline.producersEnded)
        pipeline.startProducers(of: run, ["--dataset", "it's here"], folder: results)
        let place = "\(folder)/out/runs/infer-1-producers-3-rate-20.00/"
        #expect(
            partner.lines == ["scale producer=3 --dataset 'it'\\''s here' --producers 3 --latencies \(place)"])
        #expect(!pipeline.producersEnded)
        pipeline.stopProducers()
        #expect(partner.lines.last == "scale producer=0")
        #expect(!pipeline.producersEnded)
        partner.answer("ended")
        Wait.until("the producers have ended") { pipeline.producersEnded }
        try pipeline.check()
    }

    @Test(arguments: [
        ("", Pipeline.ExitStatus.unavailable, "standard input has ended"),
        ("ho\u{1B}[2J", .badData, "\"ho\\u{1B}[2J\""),
        ("failed no \u{1B}[2J engine", .unavailable, "the roles: no \\u{1B}[2J engine"),
    ])
    func whoeverAnswersMustGoOnToDoSo(answer: String, status: Pipeline.ExitStatus, text: String) throws {
        defer { remove() }
        let pipeline = try pipeline()
        if answer.isEmpty { partner.leave() } else { partner.answer(answer) }
        let error = #expect(throws: RoleError.self) { try pipeline.startRoles(infers: 1, until: { false }) }
        #expect(error?.status == status && error?.message.contains(text) == true, "\(String(describing: error))")
    }
}
