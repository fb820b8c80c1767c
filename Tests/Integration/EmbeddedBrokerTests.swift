import Foundation
import Glibc
import Images
import Kafka
import Postgres
import Testing
import Threads

@testable import Pipeline

/// The demo's broker drops the oldest of a partition beyond 5 MiB: credit keeps what is not stored yet below that, however
/// fast a producer is and however slow the rest.
@Suite(.serialized, .enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct EmbeddedBrokerTests {
    /// One partition, so that little goes over its limit soon.
    private static let images = TopicPartition(topic: "iot.images", partition: 0)
    private static let count = 1_000

    private func produce(_ common: [String], _ name: String, journal: String, _ more: [String]) throws -> RoleProcess {
        try RoleProcess(
            [
                "produce", "--producer", name, "--rate", "5000", "--count", "\(Self.count)", "--image-size", "128x128",
                "--journal", journal,
            ] + more + common)
    }

    @Test func creditKeepsItFromDroppingWhatIsNotStored() throws {
        // The producer may end while credit is written to it.
        signal(SIGPIPE, SIG_IGN)
        let folder = "\(NSTemporaryDirectory())/iotpipe-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let broker = try RoleProcess(["embedded-broker", "--partitions", "1"])
        try Wait.until("the broker has an address") { broker.output.contains("\n") }
        let servers = broker.output.split(separator: "\n").map(String.init)[0]
        let common = ["--bootstrap-server", servers, "-X", "session.timeout.ms=6000", "-X", "fetch.wait.max.ms=10"]
        let cluster = try TemporaryCluster()
        let persist = try RoleProcess(
            ["persist"] + common, environment: ["IOTPIPE_DATABASE": cluster.conninfo], waits: true)
        let infer = try RoleProcess(["infer"] + common, waits: true)
        let admin = try Admin(configuration: KafkaConfiguration(bootstrapServers: servers))
        let clusterID = try #require(try admin.metadata(timeout: .seconds(10)).clusterID)
        let credit = try StoredOffsets(database: cluster.conninfo, clusterID: clusterID)
        let database = try Connection(cluster.conninfo, applicationName: "tests")

        let fast = try produce(
            common, "fast", journal: "\(folder)/journal", ["--credit-bytes", "\(3 << 20)", "--result-timeout", "60s"])
        var isStopped = false
        var turn = MonotonicClock.now
        try Wait.until("the producer ends: \(fast.output)") {
            // persist works a quarter of the time.
            if MonotonicClock.now > turn {
                persist.child.signal(isStopped ? SIGCONT : SIGSTOP)
                turn = MonotonicClock.deadline(after: .milliseconds(isStopped ? 100 : 300))
                isStopped.toggle()
            }
            fast.child.write(StoredOffsets.lines(try credit.read()))
            return fast.child.ended != nil
        }
        persist.child.signal(SIGCONT)
        #expect(fast.wait(.zero) == .code(0), "\(fast.output)")
        let low = try admin.watermarks(Self.images, timeout: .seconds(10)).low
        #expect(low > Int64(Self.count / 3), "too little went through to be dropped: \(low)")

        let ids = try String(contentsOfFile: "\(folder)/journal", encoding: .utf8).split(separator: "\n")
        #expect(Set(ids).count == Self.count && ids.count == Self.count)
        let list = ids.map { "('\($0)'::uuid)" }.joined(separator: ",")
        func rows(_ table: String, _ column: String) throws -> [Int64] {
            let row = try database.query(
                "SELECT count(*), count(DISTINCT \(column)) FROM \(table) JOIN (VALUES \(list)) AS v(v) ON v = \(column)"
            )[0]
            return [row.int(0) ?? 0, row.int(1) ?? 0]
        }
        let all = [Int64(Self.count), Int64(Self.count)]
        try Wait.until("every image and result is stored: \(persist.output)") {
            try rows("inferences", "image_id")[0] >= all[0] && rows("images", "id")[0] >= all[0]
        }
        #expect(try rows("images", "id") == all)
        #expect(try rows("inferences", "image_id") == all)

        // A closed loop waits for room, too: here there is room for one image.
        let careful = try RoleProcess(
            ["produce", "--producer", "careful", "--closed-loop", "1", "--count", "20", "--credit-bytes", "1"] + common)
        try Wait.until("the closed loop ends: \(careful.output)") {
            careful.child.write(StoredOffsets.lines(try credit.read()))
            return careful.child.ended != nil
        }
        #expect(careful.wait(.zero) == .code(0), "\(careful.output)")
        #expect(careful.output.contains("20 planned, 20 acknowledged, 20 classified"), "\(careful.output)")

        // The control: without credit, images are dropped that persist has not stored.
        let next = try admin.watermarks(Self.images, timeout: .seconds(10)).high
        persist.child.signal(SIGSTOP)
        let greedy = try produce(
            common, "greedy", journal: "\(folder)/greedy", ["--result-timeout", "1ms", "--drain-timeout", "30s"])
        #expect(greedy.wait() == .code(0), "\(greedy.output)")
        #expect(try admin.watermarks(Self.images, timeout: .seconds(10)).low > next)
        for process in [persist, infer] {
            process.child.signal(SIGKILL)
            process.child.wait()
        }
    }
    /// The producers of a demo's run know nothing of what the run before left on the broker, so they start only once that
    /// is stored: here persist stands still from before the first run's end.
    @Test func demoStartsARunOnlyOnceTheOneBeforeIsStored() throws {
        let folder = "\(NSTemporaryDirectory())/iotpipe-tests-\(UUID().uuidString)"
        for name in ["tmp", "images"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // A run leaves about 2 MiB on each of the four partitions.
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<3 * 160 * 160).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let png = try PNGCodec.encode(RGBImage(width: 160, height: 160, pixels: noise))
        try Data(png).write(to: URL(fileURLWithPath: "\(folder)/images/noise.png"))
        let demo = try RoleProcess(
            [
                "demo", "--output", "\(folder)/out", "--dataset", "\(folder)/images", "--producers", "1,2", "--count",
                "100", "--verbose",
            ], environment: ["TMPDIR": "\(folder)/tmp"])
        try Wait.until("the first producer runs: \(demo.output)") {
            Shell.run("pgrep -f '[i]otpipe produce .*\(folder)'").status == 0
        }
        #expect(Shell.run("pkill -STOP -f '[i]otpipe persist .*\(folder)'").status == 0)
        try Wait.until("it waits for persist: \(demo.output)") {
            demo.output.contains("messages are not stored") || demo.output.contains("2 producers: ")
        }
        #expect(!demo.output.contains("2 producers: "))
        #expect(Shell.run("pkill -CONT -f '[i]otpipe persist .*\(folder)'").status == 0)
        #expect(demo.wait(.seconds(240)) == .code(0), "\(demo.output)")
        for line in ["300 acknowledged", "300 in images, 300 in inferences", "lost           0"] {
            #expect(demo.output.contains(line), "\(demo.output)")
        }
    }
}
