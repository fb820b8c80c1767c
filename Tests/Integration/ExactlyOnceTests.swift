import Foundation
import Glibc
import Kafka
import Testing
import Threads

@testable import Pipeline

/// `infer --delivery exactly-once` on a real Kafka: kcat, which reads committed messages, sees each result once.
@Suite(.serialized, .enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct ExactlyOnceTests {
    /// Topics and a group of one test on the shared broker.
    private struct Pipeline {
        let kafka: KafkaServer
        let name: String
        let arguments: [String]

        init(_ name: String) throws {
            kafka = try Servers.kafka()
            self.name = name
            arguments = [
                "--bootstrap-server", kafka.bootstrapServers, "--images-topic", "\(name).images",
                "--inferences-topic", "\(name).inferences", "--dead-letters-topic", "\(name).dead-letters",
            ]
        }

        func infer(_ instance: String, _ more: [String] = []) throws -> RoleProcess {
            try RoleProcess(
                [
                    "infer", "--group", name, "--delivery", "exactly-once", "--instance-id", instance, "--threads", "1",
                    "-X", "session.timeout.ms=6000", "-X", "heartbeat.interval.ms=500",
                ] + more + arguments, waits: true)
        }

        func produce(_ count: Int, rate: Int) throws -> RoleProcess {
            try RoleProcess(
                [
                    "produce", "--count", "\(count)", "--rate", "\(rate)", "--producer", "p", "--result-timeout", "90s",
                ] + arguments)
        }

        /// The ids of the result events that a reader of committed messages sees.
        func results() throws -> [String] {
            let outcome = Shell.run(
                "kcat -b \(kafka.bootstrapServers) -X isolation.level=read_committed -C -t \(name).inferences "
                    + "-o beginning -e -q -f '%h\\n'")
            guard outcome.status == 0 else { throw KafkaServer.Failure(what: "kcat: \(outcome.output)") }
            return outcome.output.split(separator: "\n").compactMap { line in
                line.split(separator: ",").first { $0.hasPrefix("ce_id=") }.map { String($0.dropFirst(6)) }
            }
        }

        /// Waits until at least so many results are there.
        func waitForResults(_ count: Int, _ roles: [RoleProcess]) throws {
            try Wait.until(
                "\(count) results: \(roles.map(\.output).joined(separator: "\n---\n"))", within: .seconds(120)
            ) { try results().count >= count }
        }
    }

    /// All images were answered, and none twice.
    private func expectEachOnce(_ count: Int, of pipeline: Pipeline, _ produce: RoleProcess) throws {
        #expect(produce.wait() == .code(0), "\(produce.output)")
        #expect(produce.output.contains("\(count) classified"), "\(produce.output)")
        let results = try pipeline.results()
        #expect(results.count == count)
        #expect(Set(results).count == count)
        let version = try ShippedModel.version()
        #expect(results.allSatisfy { $0.hasSuffix("/\(version)") })
    }

    @Test func killedInstancesLeaveEachResultOnce() throws {
        let pipeline = try Pipeline("once-kill")
        var roles = [try pipeline.infer("a"), try pipeline.infer("b")]
        let produce = try pipeline.produce(500, rate: 40)
        for (index, share) in [60, 160, 260, 360].enumerated() {
            try pipeline.waitForResults(share, roles)
            roles[index % 2].child.signal(SIGKILL)
            roles[index % 2].child.wait()
            roles[index % 2] = try pipeline.infer(["a", "b"][index % 2])
        }
        try expectEachOnce(500, of: pipeline, produce)
        for role in roles { #expect(role.stop() == .code(0), "\(role.output)") }
    }

    @Test(arguments: ["range", "cooperative-sticky"])
    func membersComeAndGo(assignor: String) throws {
        let pipeline = try Pipeline("once-\(assignor)")
        let more = ["-X", "partition.assignment.strategy=\(assignor)"]
        // Without --instance-id each start and end is a rebalance, so names are given to the transactions alone.
        func start(_ name: String) throws -> RoleProcess {
            try RoleProcess(
                [
                    "infer", "--group", pipeline.name, "--delivery", "exactly-once", "-X", "transactional.id=\(name)",
                    "--threads", "1", "-X", "heartbeat.interval.ms=500",
                ] + more + pipeline.arguments, waits: true)
        }
        let first = try start("\(assignor)-1")
        let produce = try pipeline.produce(400, rate: 40)
        try pipeline.waitForResults(50, [first])
        let second = try start("\(assignor)-2")
        try pipeline.waitForResults(130, [first, second])
        #expect(first.stop() == .code(0), "\(first.output)")
        let third = try start("\(assignor)-3")
        try pipeline.waitForResults(230, [second, third])
        #expect(second.stop() == .code(0), "\(second.output)")
        try expectEachOnce(400, of: pipeline, produce)
        #expect(third.stop() == .code(0), "\(third.output)")
    }

    /// Suspended until its transaction is void and its partitions are another's: what it had must not appear beside what
    /// the other makes of them.
    @Test func whoWasSuspendedGoesOn() throws {
        let pipeline = try Pipeline("once-suspended")
        let short = ["-X", "transaction.timeout.ms=3000"]
        let suspended = try pipeline.infer("a", short)
        let other = try pipeline.infer("b", short)
        let produce = try pipeline.produce(1_500, rate: 30)
        try pipeline.waitForResults(60, [suspended, other])
        suspended.child.signal(SIGSTOP)
        let before = try pipeline.results().count
        // More than what lay in the other's partitions: it has taken over.
        try Wait.until("the other has all partitions: \(other.output)") {
            other.output.components(separatedBy: "partitions assigned").count > 2
        }
        try pipeline.waitForResults(before + 60, [other])
        suspended.child.signal(SIGCONT)
        try expectEachOnce(1_500, of: pipeline, produce)
        #expect(suspended.child.ended == nil, "\(suspended.output)")
        #expect(suspended.output.contains("partitions lost"), "\(suspended.output)")
        #expect(suspended.stop() == .code(0), "\(suspended.output)")
        #expect(other.stop() == .code(0), "\(other.output)")
    }

    @Test func theSecondOfOneNameEndsTheFirst() throws {
        let pipeline = try Pipeline("once-named")
        let first = try pipeline.infer("a", ["-X", "transactional.id=same"])
        let produce = try pipeline.produce(200, rate: 20)
        try pipeline.waitForResults(20, [first])
        let second = try pipeline.infer("b", ["-X", "transactional.id=same"])
        #expect(first.wait() == .code(64), "\(first.output)")
        #expect(first.output.contains("give each its own"), "\(first.output)")
        try expectEachOnce(200, of: pipeline, produce)
        #expect(second.stop() == .code(0), "\(second.output)")
    }
}
