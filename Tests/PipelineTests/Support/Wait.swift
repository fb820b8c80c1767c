import Testing
import Threads

/// Waiting for a condition, in place of sleeping for a time that is hoped to be enough.
enum Wait {
    /// How long a condition may take on a busy machine.
    static let patience = Duration.seconds(30)

    /// Asks again and again until the condition holds; records an issue where it never does.
    static func until(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
    ) rethrows {
        let deadline = MonotonicClock.deadline(after: patience)
        while try !condition() {
            guard MonotonicClock.now < deadline else {
                Issue.record("not within \(patience): \(what)", sourceLocation: sourceLocation)
                return
            }
            MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(2)))
        }
    }
}
