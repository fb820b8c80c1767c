import Foundation
import Testing

@testable import Pipeline

/// SIGHUP while images flow: of a user, who wants other weights, and of the kernel, whose terminal has gone.
@Suite struct ReloadTests {
    @Test func aTerminalThatGoesDrainsIt() throws {
        let log = "\(NSTemporaryDirectory())/iotpipe-hangup-\(UUID().uuidString).log"
        defer { unlink(log) }
        let broker = try RoleProcess(["embedded-broker"])
        try Wait.until("the broker has an address") { broker.output.contains("\n") }
        let servers = broker.output.split(separator: "\n").map(String.init)[0]
        let produce = try RoleProcess([
            "produce", "--bootstrap-server", servers, "--count", "200", "--rate", "100", "--producer", "p",
            "--result-timeout", "2m",
        ])
        let ended = Shell.run(
            "python3 -B '\(Surroundings.root)/Tests/Support/hang-up.py' '\(log)' line 'partitions assigned'"
                + " '\(Surroundings.executable)' infer --bootstrap-server \(servers)")
        let said = try String(contentsOfFile: log, encoding: .utf8)
        #expect(ended.output == "True 0\n", "\(said)")
        #expect(said.contains("partitions assigned") && !said.contains("weights not replaced"), "\(said)")
        // What it had begun is answered; another one does the rest.
        let other = try RoleProcess(["infer", "--bootstrap-server", servers], waits: true)
        #expect(produce.wait() == .code(0), "\(produce.output)\n\(other.output)")
        #expect(produce.output.contains("200 classified"), "\(produce.output)")
        #expect(other.stop() == .code(0), "\(other.output)")
    }

    @Test func otherWeightsAreTakenUpAndNoImageIsDropped() throws {
        let path = "\(NSTemporaryDirectory())/iotpipe-reload-\(UUID().uuidString).safetensors"
        defer { unlink(path) }
        let first = try ShippedModel.copy(to: path, note: "1").version
        let broker = try RoleProcess(["embedded-broker"])
        try Wait.until("the broker has an address") { broker.output.contains("\n") }
        let servers = broker.output.split(separator: "\n").map(String.init)[0]
        let address = "127.0.0.1:\(try FreePorts.take(1)[0])"
        let infer = try RoleProcess(
            [
                "infer", "--bootstrap-server", servers, "-X", "session.timeout.ms=6000", "--weights", path, "--http",
                address,
            ], waits: true)
        func answers(with version: String) -> Bool {
            let png = "\(Surroundings.root)/data/sample/cifar100_00_49.png"
            return Shell.run("curl -s -m 60 -H 'Content-Type: image/png' --data-binary '@\(png)' \(address)/classify")
                .output.contains("\"modelVersion\":\"\(version)-")
        }
        #expect(answers(with: first), "\(infer.output)")
        let produce = try RoleProcess([
            "produce", "--bootstrap-server", servers, "--count", "300", "--rate", "60", "--producer", "p",
        ])
        try Wait.until("results come") { infer.output.contains("partitions assigned") }

        let second = try ShippedModel.copy(to: path, note: "2").version
        infer.child.signal(SIGHUP)
        try Wait.until("the new weights answer: \(infer.output)") { answers(with: second) }

        try Data("no weights".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        infer.child.signal(SIGHUP)
        try Wait.until("the file is refused: \(infer.output)") {
            infer.output.contains("weights not replaced")
        }
        #expect(infer.output.contains(path))
        #expect(answers(with: second))

        #expect(produce.wait() == .code(0), "\(produce.output)\n\(infer.output)")
        #expect(produce.output.contains("300 classified"), "\(produce.output)")
        #expect(infer.stop() == .code(0), "\(infer.output)")
    }
}
