import Foundation
import Glibc

/// Runs command lines as a user would.
enum Shell {
    /// What a command left behind.
    struct Outcome {
        /// Its exit status; 128 + signal where one ended it.
        let status: Int32
        /// Standard output and standard error together.
        let output: String
    }

    /// Runs a line with /bin/sh and waits for its end: not for that of a server that it leaves running, for which
    /// Foundation's `Process` would wait, too.
    static func run(_ line: String, environment: [String: String] = [:]) -> Outcome {
        let exports = environment.map { "export \($0.key)='\($0.value.replacing("'", with: "'\\''"))'\n" }
        guard let pipe = popen("exec 2>&1 </dev/null\n\(exports.joined())\(line)", "re") else {
            return Outcome(status: 127, output: "popen: \(String(cString: strerror(errno)))")
        }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            if count == 0 { break }
            output += buffer[..<count]
        }
        let status = pclose(pipe)
        let signal = status & 0x7f
        return Outcome(
            status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: String(decoding: output, as: UTF8.self))
    }

    /// Runs iotpipe itself.
    static func iotpipe(_ arguments: String, environment: [String: String] = [:]) -> Outcome {
        run("'\(Surroundings.executable)' \(arguments)", environment: environment)
    }
}
