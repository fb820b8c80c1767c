import Events
import Foundation
import Glibc
import Testing

@testable import Pipeline

/// A real broker that is killed in the middle of a run and comes back with what it had on disk.
@Suite(.serialized, .enabled(if: Surroundings.hasServers, "Apache Kafka is missing"))
struct BrokerOutageTests {
    /// A producer of the built program, its files in a folder.
    private struct Producer {
        let process: RoleProcess
        let name: String
        let folder: String

        init(_ name: String, on kafka: KafkaServer, in folder: String, count: Int, _ more: [String]) throws {
            self.name = name
            self.folder = folder
            process = try RoleProcess(
                [
                    "produce", "--bootstrap-server", kafka.bootstrapServers, "--producer", name, "--rate", "100",
                    "--count", "\(count)", "--journal", "\(folder)/\(name).journal", "--latencies",
                    "\(folder)/\(name).csv", "--result-timeout", "1s",
                    // Nobody waits longer than needed for a broker that is back.
                    "-X", "reconnect.backoff.max.ms=500",
                ] + more)
        }

        /// Ids that the broker has acknowledged.
        var acknowledged: Set<String> {
            let text = try? String(contentsOfFile: "\(folder)/\(name).journal", encoding: .utf8)
            return Set((text ?? "").split(separator: "\n").map(String.init))
        }

        /// Every id of the CSV, with its outcome.
        func planned() throws -> [String: String] {
            let lines = try String(contentsOfFile: "\(folder)/\(name).csv", encoding: .utf8).split(separator: "\n")
            let columns = lines[0].split(separator: ",", omittingEmptySubsequences: false)
            let id = try #require(columns.firstIndex(of: "image_id"))
            let outcome = try #require(columns.firstIndex(of: "outcome"))
            let rows = lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
            return Dictionary(uniqueKeysWithValues: rows.map { (String($0[id]), String($0[outcome])) })
        }

        /// Waits for its end.
        func ends(_ code: Int32) {
            #expect(process.wait() == .code(code), "\(name): \(process.output)")
        }
    }

    /// The ids of all images on the topic.
    private func stored(on kafka: KafkaServer) -> Set<String> {
        let kcat = Shell.run("kcat -q -C -b \(kafka.bootstrapServers) -t iot.images -o beginning -e -f '%h\\n'")
        #expect(kcat.status == 0, "\(kcat.output)")
        let ids = kcat.output.split(separator: "\n").compactMap { line in
            line.split(separator: ",").first { $0.hasPrefix("ce_id=") }?.dropFirst(6)
        }
        return Set(ids.map(String.init))
    }

    @Test func everyImageOutlivesTheBroker() throws {
        let folder = "\(NSTemporaryDirectory())/iotpipe-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let kafka = try KafkaServer(.kraft)
        defer { kafka.stop() }

        // Images of the first wait as long as it takes; those of the others for three seconds.
        let short = ["-X", "message.timeout.ms=3000", "--drain-timeout", "3s"]
        let spool = ["--spool", "\(folder)/spool"]
        let patient = try Producer("patient", on: kafka, in: folder, count: 500, ["--drain-timeout", "60s"])
        let spooling = try Producer("spooling", on: kafka, in: folder, count: 400, short + spool)
        let losing = try Producer("losing", on: kafka, in: folder, count: 400, short)
        try Wait.until("images flow") {
            [patient, spooling, losing].allSatisfy { $0.acknowledged.count > 40 }
        }
        kafka.kill()
        spooling.ends(75)
        losing.ends(75)
        #expect(try spooling.planned().count == 400 && losing.planned().count == 400)
        #expect(spooling.acknowledged.count < 400)
        #expect(!spooling.process.output.contains("image not delivered"))
        for (id, outcome) in try losing.planned() where outcome == "undelivered" {
            #expect(losing.process.output.contains("image not delivered image=\(id)"))
        }

        try kafka.start()
        patient.ends(0)
        let again = try Producer("again", on: kafka, in: folder, count: 1, short + spool)
        again.ends(0)
        let onTopic = stored(on: kafka)
        #expect(try onTopic.isSuperset(of: patient.planned().keys))
        #expect(patient.acknowledged.count == 500 && patient.acknowledged.isSubset(of: onTopic))
        #expect(try onTopic.isSuperset(of: spooling.planned().keys))
        #expect(try spooling.acknowledged.union(again.acknowledged).isSuperset(of: spooling.planned().keys))
        #expect(losing.acknowledged.isSubset(of: onTopic))
        let kept = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/spool")
        #expect(kept == [".lock"])
    }
    /// Two producers that spool while the broker is away: one is killed, the other is asked to stop.
    @Test func spoolOutlivesItsProducer() throws {
        let folder = "\(NSTemporaryDirectory())/iotpipe-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let kafka = try KafkaServer(.kraft)
        defer { kafka.stop() }
        func start(_ name: String, spool: String, count: Int, drain: String) throws -> Producer {
            try Producer(
                name, on: kafka, in: folder, count: count,
                ["-X", "message.timeout.ms=2000", "--drain-timeout", drain, "--spool", "\(folder)/\(spool)"])
        }
        let killed = try start("killed", spool: "spool-1", count: 100_000, drain: "1s")
        let stopped = try start("stopped", spool: "spool-2", count: 100_000, drain: "1s")
        try Wait.until("images flow") {
            [killed, stopped].allSatisfy { $0.acknowledged.count > 40 }
        }
        kafka.kill()
        try Wait.until("both spool") {
            try ["spool-1", "spool-2"].allSatisfy { try spooled(in: "\(folder)/\($0)").count > 200 }
        }
        killed.process.child.signal(SIGKILL)
        #expect(killed.process.wait() == .signal(SIGKILL))
        stopped.process.child.signal(SIGTERM)
        stopped.ends(75)
        // Everything within the drain's time: what is cut has no summary.
        let output = stopped.process.output
        #expect(output.contains(" sent from the spool, ") && !output.contains("not drained in time"), "\(output)")
        #expect(!output.contains("image not delivered"), "\(output)")
        let kept = try (1...2).map { try spooled(in: "\(folder)/spool-\($0)") }
        let planned = Set(try stopped.planned().keys)
        #expect(kept[1].union(stopped.acknowledged).isSuperset(of: planned))

        try kafka.start()
        for number in 1...2 {
            try start("again-\(number)", spool: "spool-\(number)", count: 1, drain: "30s").ends(0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/spool-\(number)") == [".lock"])
        }
        let onTopic = stored(on: kafka)
        #expect(onTopic.isSuperset(of: kept[0].union(killed.acknowledged)))
        #expect(onTopic.isSuperset(of: planned))
    }

    /// The ids of the images in a spool, from its files.
    private func spooled(in folder: String) throws -> Set<String> {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
        var ids: Set<String> = []
        for name in names where name.hasSuffix(".spool") {
            for record in try SpoolSegment(path: "\(folder)/\(name)").records {
                ids.insert(try ImageCaptured.envelope(headers: record.event.headers).id.lowercased)
            }
        }
        return ids
    }
}
