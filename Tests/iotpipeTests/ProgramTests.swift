import Foundation
import Glibc
import Testing

@testable import Pipeline
@testable import iotpipe

/// The program as a process: exit codes, what it loads, signals.
@Suite struct ProgramTests {
    private let folder = "\(NSTemporaryDirectory())/iotpipe-program-\(UUID().uuidString)"

    /// Runs `body` with a folder of its own.
    private func withFolder(_ body: (String) throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    // MARK: - What it loads

    /// `--help` and `cdf` start in milliseconds because neither libtorch nor the whole of Foundation comes with them.
    @Test func neitherLibtorchNorFoundationIsLoaded() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ldd")
        process.arguments = [Program.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0 && text.contains("librdkafka"), "\(text)")
        let names = text.split(separator: "\n").compactMap { $0.split(separator: " ").first?.dropFirst(0) }
            .map { $0.trimmingCharacters(in: .whitespaces) }
        for name in names {
            for unwanted in [
                "libtorch", "libc10", "libiotpipeshim", "libFoundation.so", "lib_FoundationICU", "libdnnl",
            ] {
                #expect(!name.hasPrefix(unwanted), "\(name)")
            }
        }
        #expect(!text.contains("not found"), "\(text)")
    }

    // MARK: - Exit codes

    @Test(
        arguments: [
            ([], 64, "give a role"), (["prodce"], 64, "did you mean produce?"),
            (["--versoin"], 64, "did you mean --version?"),
            (["produce", "--rat", "5"], 64, "did you mean --rate?"),
            (["produce", "--rate", "0"], 64, "greater than zero"),
            (["produce", "-X", "no.such.property=1"], 64, "no.such.property"), (["cdf"], 64, "FILE is missing"),
            (["produce", "-b", "127.0.0.1:1", "--http", "nowhere"], 64, "HOST:PORT"),
            (["cdf", "/nowhere/a.csv"], 66, "/nowhere/a.csv"), (["cdf", "/dev/null"], 65, "is empty"),
            (["infer", "--weights", "/nowhere/w.pth"], 66, "/nowhere/w.pth"),
            (["produce", "--dataset", "/nowhere/images"], 66, "/nowhere/images"),
            (["produce", "--latencies", "/nowhere/l.csv"], 73, "/nowhere/l.csv"),
            (["produce", "-b", "127.0.0.1:1", "--connect-timeout", "200ms"], 69, "127.0.0.1:1"),
            (["persist", "-b", "127.0.0.1:1", "--connect-timeout", "200ms"], 69, "127.0.0.1:1"),
            (["demo", "--output", "/nowhere/demo"], 73, "/nowhere/demo"),
            (["demo", "--producers", "1,2,1"], 64, "1 is there twice"),
        ] as [([String], Int32, String)])
    func failureHasItsExitCodeAndSaysWhy(arguments: [String], status: Int32, words: String) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
        #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
        #expect(
            outcome.errors.hasPrefix(
                arguments.first.map { $0.hasPrefix("-") } == false && arguments != ["prodce"]
                    ? "iotpipe \(arguments[0]): " : "iotpipe: "), "\(outcome.errors)")
        #expect(outcome.output.isEmpty, "\(arguments): \(outcome.output)")
    }

    /// No model, no answers: a copy of the program has none beside it or in the folders above that it looks into.
    @Test(arguments: [["infer"], ["infer", "--benchmark"], ["demo", "--output"], ["experiment", "--output"]])
    func withoutAModelItEndsAndSaysWhereItLookedAndWhatToDo(arguments: [String]) throws {
        try withFolder { folder in
            let home = "\(folder)/1/2/3/4"
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: Program.path, toPath: "\(home)/iotpipe")
            let output = "\(folder)/output"
            let isOutputAsked = arguments.last == "--output"
            let outcome = try Program.run(arguments + (isOutputAsked ? [output] : []), path: "\(home)/iotpipe")
            #expect(outcome.status == 66, "\(outcome.errors)")
            let looked = "\(URL(fileURLWithPath: folder).lastPathComponent)/1/2/3/4 or"
            for words in ["no model was found", looked, "--weights FILE", "make weights", "models/"] {
                #expect(outcome.errors.contains(words), "\(outcome.errors)")
            }
            #expect(outcome.output.isEmpty && !FileManager.default.fileExists(atPath: output))
        }
    }

    @Test func brokerThatIsAwayIsReportedOnStandardOutput() throws {
        let outcome = try Program.run(["broker-check", "-b", "127.0.0.1:1", "--timeout", "200ms"])
        #expect(outcome.status == 69)
        #expect(outcome.output.hasSuffix("verdict     unreachable\n"))
        let json = try Program.run(["broker-check", "-b", "127.0.0.1:1", "--timeout", "200ms", "--json"])
        #expect(json.status == 69)
        let report = try JSONDecoder().decode(BrokerReport.self, from: Data(json.output.utf8))
        #expect(!report.isReachable && report.findings.count == 1)
    }

    @Test func helpGoesToStandardOutput() throws {
        for arguments in [["--help"], ["help"], ["cdf", "-h"], ["--version"]] {
            let outcome = try Program.run(arguments)
            #expect(outcome.status == 0 && !outcome.output.isEmpty && outcome.errors.isEmpty, "\(arguments)")
        }
    }

    @Test func fullDiskIsAFailureAndAReaderThatHasGoneIsNone() throws {
        let process = Program.process(["--help"])
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 74)
        #expect(text == "iotpipe: cannot write to standard output: No space left on device\n")

        let gone = Program.process(["--help"])
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        gone.standardOutput = pipe
        try gone.run()
        gone.waitUntilExit()
        #expect(gone.terminationReason == .exit && gone.terminationStatus == 0)
    }

    @Test func secretsDoNotShowInErrors() throws {
        let outcome = try Program.run(
            ["persist", "-b", "127.0.0.1:1", "--connect-timeout", "200ms"],
            environment: [
                "IOTPIPE_DATABASE": "postgresql://iot:hunter2@127.0.0.1:1/iot",
                "IOTPIPE_PROPERTY":
                    "security.protocol=SASL_PLAINTEXT sasl.mechanism=PLAIN sasl.username=u sasl.password=hunter2",
            ])
        #expect(outcome.status != 0)
        #expect(!outcome.errors.contains("hunter2") && !outcome.output.contains("hunter2"))
    }

    // MARK: - Files

    @Test func pictureThatCannotBeMadeIsNamed() throws {
        try withFolder { folder in
            let header =
                "run,producers,producer,device,image_id,planned_ns,sent_ns,acked_ns,received_ns,decoded_ns,inferred_ns,"
                + "result_ns,partition,offset,label,predicted,outcome\n"
            let row = "run,1,cam,cam-0,01890a5d-ac96-774b-bcce-b302099a8057,1,2,3,4,5,6,7000000,0,0,apple,apple,ok\n"
            let path = "\(folder)/latencies.csv"
            try Data((header + row).utf8).write(to: URL(fileURLWithPath: path))
            let drawn = try Program.run(["cdf", path, "--output", "\(folder)/picture"])
            #expect(drawn.status == 0, "\(drawn.errors)")
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
                    "latencies.csv", "picture.png", "picture.svg",
                ])
            let failed = try Program.run(["cdf", path, "--output", "\(folder)/nowhere/picture"])
            #expect(failed.status == 73 && failed.errors.contains("nowhere/picture"))
        }
    }

    // MARK: - Signals

    /// A line of `/proc/PID/status`, such as the mask of blocked signals.
    private func mask(_ name: String, of process: Process) -> UInt64? {
        let text = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        return line.flatMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) }
    }

    private static let termination: UInt64 = 1 << (UInt64(SIGTERM) - 1)

    @Test(arguments: [SIGTERM, SIGINT]) func firstSignalEndsOrderly(signal: Int32) throws {
        let process = Program.process(["embedded-broker"])
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        // Its first line says that it is at work.
        let address = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        #expect(address.hasPrefix("127.0.0.1:") && address.hasSuffix("\n"))
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    }

    /// It waits for a broker here, which no request to drain cuts short.
    @Test func secondSignalEndsAtOnce() throws {
        let process = Program.process(["infer", "-b", "127.0.0.1:1", "--connect-timeout", "10m"])
        process.standardError = FileHandle.nullDevice
        try process.run()
        Program.wait("signals are waited for") {
            mask("SigBlk", of: process).map { $0 & ProgramTests.termination != 0 } == true
        }
        kill(process.processIdentifier, SIGTERM)
        Program.wait("the first signal is taken") {
            mask("ShdPnd", of: process).map { $0 & ProgramTests.termination == 0 } == true
        }
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 128 + SIGTERM)
    }

    /// The terminal goes, as when a connection by ssh breaks: a role drains, as after SIGTERM.
    @Test(.enabled(if: ShellCompletionTests.path(of: "python3") != nil)) func aTerminalThatGoesStops() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Support/hang-up.py").standardizedFileURL.path
        let stopped = try Program.run(
            [
                "-B", script, "/dev/null", "thread", "signals", Program.path, "produce", "-b", "127.0.0.1:1",
                "--connect-timeout", "10m",
            ], path: try #require(ShellCompletionTests.path(of: "python3")))
        #expect(stopped.output == "True 0\n", "\(stopped.output) \(stopped.errors)")
    }

    /// Under nohup it goes on, and SIGTERM still stops it.
    @Test func aHangupThatIsIgnoredStopsNothing() throws {
        let arguments = "produce -b 127.0.0.1:1 --connect-timeout 10m"
        let process = Program.process(["-c", "trap '' HUP; exec \(Program.path) \(arguments)"], path: "/bin/sh")
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        Program.wait("signals are waited for") {
            mask("SigBlk", of: process).map { $0 & ProgramTests.termination != 0 } == true
        }
        kill(process.processIdentifier, SIGHUP)
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
        // Had SIGHUP counted, SIGTERM would have been the second signal, which ends it with 143.
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    }

    /// A child of the demo that finds another parent than it was told of has lost it already.
    @Test func childWithoutItsParentEnds() throws {
        let outcome = try Program.run(["--help"], environment: ["IOTPIPE_DIE_WITH_PARENT": "1"])
        #expect(outcome.status == 1 && outcome.output.isEmpty)
    }
}
