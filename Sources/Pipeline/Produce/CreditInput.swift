import Glibc
import Threads

/// Reads the demo's credit from standard input, a line each, until it ends.
enum CreditInput {
    /// Starts the reading thread; it ends with the input, and the limit with it.
    static func start(into credit: CreditWindow) {
        _ = OSThread(name: "credit") {
            while let line = readLine() { credit.grant(line) }
            credit.end()
        }
    }
}
