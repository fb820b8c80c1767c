import Foundation
import Glibc
import Latency
import Postgres
import Testing
import Threads

@testable import Pipeline

/// The demo as its user runs it: what it says, and that nothing of it stays.
@Suite(.serialized, .enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct DemoTests {
    /// A folder of a test's own, for the demo to work and leave its results in.
    private final class Place {
        let path = "\(NSTemporaryDirectory())/iotpipe-tests-\(UUID().uuidString)"

        init() throws {
            try FileManager.default.createDirectory(
                atPath: "\(path)/tmp", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// Starts a demo here.
        func start(_ arguments: [String], environment: [String: String] = [:]) throws -> RoleProcess {
            try RoleProcess(
                ["demo", "--output", "\(path)/out"] + arguments,
                environment: environment.merging(["TMPDIR": "\(path)/tmp"]) { $1 })
        }

        /// Processes of demos that were started here.
        var processes: [String] {
            Shell.run("pgrep -af '\(path)'").output.split(separator: "\n").map(String.init)
                .filter { !$0.contains("pgrep") }
        }

        /// Waits until nothing but the results is left.
        func expectNothingLeft(within limit: Duration = .seconds(15)) throws {
            try Wait.until("no process is left: \(processes)", within: limit) { processes.isEmpty }
            try Wait.until("no temporary folder is left") {
                try FileManager.default.contentsOfDirectory(atPath: "\(path)/tmp").isEmpty
            }
        }
    }

    @Test func everyImageIsStoredOnceAndDrawn() throws {
        let place = try Place()
        let demo = try place.start(["--producers", "1,2", "--count", "40"])
        #expect(demo.wait() == .code(0), "\(demo.output)")
        // One in a hundred would be chance.
        let right = try ShippedModel.rightAnswersToTheSample()
        #expect(right >= 12)
        for line in [
            "images         120 acknowledged", "120 in images, 120 in inferences", "lost           0",
            "doubled        0", "model version  \(try ShippedModel.version())\n",
            "right answers  \(right) of 20 distinct images\n",
        ] {
            #expect(demo.output.contains(line), "\(demo.output)")
        }
        let results = try FileManager.default.contentsOfDirectory(atPath: "\(place.path)/out").sorted()
        #expect(
            results == [
                "latencies-1-1.csv", "latencies-1-1.hlog", "latencies-2-1.csv", "latencies-2-1.hlog",
                "latencies-2-2.csv", "latencies-2-2.hlog", "latencies.png", "latencies.svg",
            ])
        try place.expectNothingLeft()
    }

    @Test func progressSaysHowManyAnswersAreRight() throws {
        let place = try Place()
        var options = DemoOptions(pipeline: PipelineSetup(executable: Surroundings.executable))
        (options.producers, options.count, options.output) = ([2], 40, "\(place.path)/out")
        var shown: [String] = []
        let demo = DemoRole(options: options, stop: StopSignal(), say: { _ in }, show: { shown.append($0) })
        #expect(try demo.run() == .success)
        let progress = shown.filter { $0.hasPrefix("2 producers: ") && $0.contains(", right answers ") }
        var rows: [LatencyRecord] = []
        for number in 1...2 {
            try LatencyCSVReader(path: "\(place.path)/out/latencies-2-\(number).csv").forEach { rows.append($0) }
        }
        let right = rows.count { $0.predicted == $0.label }
        #expect(rows.count == 80 && right > 80 / 2)
        #expect(progress.last?.contains("right answers \(right) of 80 (") == true, "\(progress)")
        // While they come, not only at the end.
        #expect(Set(progress).count > 1, "\(progress)")
    }

    @Test func twoAtOnceDoNotMeet() throws {
        let place = try Place()
        let demos = try (0..<2).map { _ in try place.start(["--producers", "1", "--count", "20"]) }
        for demo in demos {
            #expect(demo.wait() == .code(0), "\(demo.output)")
            #expect(demo.output.contains("20 in images, 20 in inferences"), "\(demo.output)")
        }
        #expect(FileManager.default.fileExists(atPath: "\(place.path)/out-2/latencies.png"))
        try place.expectNothingLeft()
    }

    /// Someone sets the time of day back by an hour: stamps are in the past then, durations are as they were.
    @Test func aClockSetBackChangesNoLatency() throws {
        let place = try Place()
        let source = """
            #include <errno.h>
            #include <stdlib.h>
            #include <sys/syscall.h>
            #include <time.h>
            #include <unistd.h>
            int clock_gettime(clockid_t clock, struct timespec *time) {
                int result = syscall(SYS_clock_gettime, clock, time), kept = errno;
                const char *file = getenv("SET_BACK");
                if (clock == CLOCK_REALTIME && file && access(file, F_OK) == 0) time->tv_sec -= 3600;
                errno = kept;
                return result;
            }
            """
        try Data(source.utf8).write(to: URL(fileURLWithPath: "\(place.path)/clock.c"))
        let compiled = Shell.run("cc -shared -fPIC -O1 -o '\(place.path)/clock.so' '\(place.path)/clock.c' 2>&1")
        try #require(compiled.status == 0, "\(compiled.output)")
        let demo = try place.start(
            ["--producers", "1", "--rate", "20", "--count", "200", "--verbose"],
            environment: ["LD_PRELOAD": "\(place.path)/clock.so", "SET_BACK": "\(place.path)/set-back"])
        try Wait.until("images flow") { demo.output.contains("producer: ") }
        try Data().write(to: URL(fileURLWithPath: "\(place.path)/set-back"))
        #expect(demo.wait() == .code(0), "\(demo.output)")
        #expect(demo.output.contains("200 in images, 200 in inferences"), "\(demo.output)")
        var rows: [LatencyRecord] = []
        try LatencyCSVReader(path: "\(place.path)/out/latencies-1-1.csv").forEach { rows.append($0) }
        #expect(rows.count == 200)
        // An id begins with the time of day in milliseconds, and never goes back: it counts on in parts of one where the
        // clock did.
        let stamps = rows.map { withUnsafeBytes(of: $0.imageID.uuid) { Array($0.prefix(6)) } }
        let together = Dictionary(grouping: stamps, by: \.self).values.map(\.count).max() ?? 0
        #expect(together > 20, "the clock was set back")
        for row in rows {
            let latency = try #require(row.result)
            #expect(latency > 0 && latency < 60_000_000_000, "\(latency) ns")
        }
    }

    @Test func controlCClearsEverything() throws {
        let place = try Place()
        let demo = try place.start(["--producers", "1", "--count", "100000", "--verbose"])
        try Wait.until("images flow") { demo.output.contains("producer: ") }
        demo.child.signal(SIGINT)
        #expect(demo.wait() == .code(130), "\(demo.output)")
        try place.expectNothingLeft()
        #expect(!FileManager.default.fileExists(atPath: "\(place.path)/out"))
    }

    @Test(arguments: ["infer", "persist", "produce"]) func aKilledChildEndsIt(role: String) throws {
        let place = try Place()
        let demo = try place.start(["--producers", "1", "--count", "100000", "--verbose"])
        try Wait.until("images flow") { demo.output.contains("producer: ") }
        // The role's command line names the demo's folder.
        let kill = Shell.run("pkill -KILL -f '[i]otpipe \(role) .*\(place.path)'")
        #expect(kill.status == 0)
        #expect(demo.wait() == .code(70), "\(demo.output)")
        #expect(demo.output.contains("was killed by signal 9"), "\(demo.output)")
        try place.expectNothingLeft()
    }

    @Test func aKilledDemoTakesItsChildrenAlong() throws {
        let place = try Place()
        let demo = try place.start(["--producers", "1", "--count", "100000", "--verbose"])
        try Wait.until("images flow") { demo.output.contains("producer: ") }
        demo.child.signal(SIGKILL)
        demo.child.wait()
        try place.expectNothingLeft(within: .seconds(40))
    }
}
