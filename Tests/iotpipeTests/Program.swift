import Foundation
import Testing
import Threads

/// The built program, as a user runs it.
enum Program {
    /// It lies where the tests were built.
    static let path: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
        let beside = "\(tests)/iotpipe"
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        return "\(root)/.build/debug/iotpipe"
    }()

    /// How it ended and what it wrote.
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// A process of it that has not been started, with none of the variables that this one may have been given.
    ///
    /// - Parameter path: of a copy of the program.
    static func process(
        _ arguments: [String], environment: [String: String] = [:], path: String = Program.path
    ) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("IOTPIPE_") && !$0.key.hasPrefix("PG") && $0.key != "DATABASE_URL" }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Runs it to its end. What it writes must fit into two pipes.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], path: String = Program.path
    ) throws -> Outcome {
        let process = process(arguments, environment: environment, path: path)
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let errorText = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: errorText, as: UTF8.self))
    }

    /// Waits for a condition; records an issue where it does not come true within 30 seconds.
    static func wait(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, until condition: () -> Bool
    ) {
        let deadline = MonotonicClock.deadline(after: .seconds(30))
        while !condition() {
            guard MonotonicClock.now < deadline else {
                Issue.record("not within 30 seconds: \(what)", sourceLocation: sourceLocation)
                return
            }
            MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(2)))
        }
    }
}
