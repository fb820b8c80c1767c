import Foundation
import Testing

@testable import iotpipe

/// What `iotpipe doctor` says of a machine, and of one that lacks something.
@Suite struct DoctorCommandTests {
    private struct Report: Decodable {
        struct Finding: Decodable {
            let subject: String
            let state: String
            let detail: String
            let remedy: String?
            let roles: [String]
        }
        let machine: String
        let findings: [Finding]

        subscript(_ subject: String) -> Finding? { findings.first { $0.subject == subject } }
    }

    private func report(
        _ arguments: [String] = [], environment: [String: String] = [:]
    ) throws -> (status: Int32, report: Report) {
        let outcome = try Program.run(["doctor", "--json"] + arguments, environment: environment)
        return (outcome.status, try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8)))
    }

    /// Whether a name space with mounts of its own can be made: root of a container may not.
    private static let canMount: Bool = {
        guard let unshare = ShellCompletionTests.path(of: "unshare") else { return false }
        let script = "mkdir -p /usr/lib/postgresql && mount -t tmpfs none /usr/lib/postgresql"
        let outcome = try? Program.run(["--mount", "--propagation", "private", "sh", "-c", script], path: unshare)
        return outcome?.status == 0
    }()

    @Test func findsWhatIsThere() throws {
        let (_, report) = try report()
        for subject in [
            "program", "libtorch", "model", "precision", "fonts", "memory", "clock", "open files", "disk, .",
        ] {
            let finding = try #require(report[subject], "\(subject)")
            #expect(finding.state != "fault", "\(subject): \(finding.detail)")
            // A warning says what to do; about the processor there may be nothing to do.
            #expect(finding.state == "ok" || finding.remedy != nil || subject == "precision", "\(subject)")
        }
        #expect(report["model"]?.detail.contains("100 classes, 64x64") == true)
        #expect(report["program"]?.detail.contains("librdkafka") == true)
    }

    @Test func tellsWhatIsMissing() throws {
        let (status, without) = try report(environment: ["IOTPIPE_SHIM": "/nothing/there.so"])
        #expect(status == 1)
        let libtorch = try #require(without["libtorch"])
        #expect(libtorch.state == "fault" && libtorch.detail.contains("/nothing/there.so"))
        #expect(libtorch.remedy?.contains("IOTPIPE_SHIM") == true && libtorch.roles.contains("infer"))
        #expect(without["model"]?.state == "ok" && without["precision"] == nil)
        let file = try report(["--folder", #filePath]).report["disk, \(#filePath)"]
        #expect(file?.state == "fault" && file?.detail.contains("Not a directory") == true)
        let weights = try report(["--weights", "/nothing/there.pth"]).report["model"]
        #expect(weights?.state == "fault" && weights?.remedy != nil)
        let folder = try report(["--folder", "/nothing/there"])
        #expect(folder.status == 1 && folder.report["disk, /nothing/there"]?.state == "fault")
    }

    @Test func aPortThatIsTaken() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = bind(descriptor, pointer, length)
                _ = listen(descriptor, 1)
                _ = getsockname(descriptor, pointer, &length)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        let (status, report) = try report(["--ports", "\(port)"])
        #expect(status == 1 && report["port \(port)"]?.state == "fault")
        #expect(report["port \(port)"]?.detail == "Address already in use")
    }

    /// Without PostgreSQL: in a name space in which its folder is empty.
    @Test(.enabled(if: canMount))
    func withoutPostgreSQL() throws {
        let script = """
            mount -t tmpfs none /usr/lib/postgresql 2>/dev/null
            PATH=/nothing exec \(Program.path) doctor
            """
        let outcome = try Program.run(
            ["--mount", "--propagation", "private", "sh", "-c", script],
            path: try #require(ShellCompletionTests.path(of: "unshare")))
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(outcome.output.contains("fault    PostgreSQL"), "\(outcome.output)")
        #expect(outcome.output.contains("apt-get install postgresql"), "\(outcome.output)")
    }
}
