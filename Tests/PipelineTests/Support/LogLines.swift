import Synchronization
import Telemetry

/// Keeps what a logger writes.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    /// A logger that writes here.
    var logger: Logger {
        Logger(role: "test", level: .debug) { line in self.lines.withLock { $0.append(line) } }
    }

    /// How many lines say that.
    func count(of words: String) -> Int { lines.withLock { $0.count { $0.contains(words) } } }

    /// Everything written so far.
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}
