import Foundation

/// Runs command lines as a user would.
enum Shell {
    /// What a command left behind.
    struct Outcome {
        let status: Int32
        /// Standard output and standard error together.
        let output: String
    }

    /// Runs a line with /bin/sh and waits for its end.
    static func run(_ line: String, environment: [String: String] = [:]) -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", line]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        do { try process.run() } catch { return Outcome(status: 127, output: "\(error)") }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
    }

    /// Runs iotpipe itself.
    static func iotpipe(_ arguments: String, environment: [String: String] = [:]) -> Outcome {
        run("'\(Surroundings.executable)' \(arguments)", environment: environment)
    }
}
