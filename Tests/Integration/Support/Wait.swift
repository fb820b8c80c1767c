import Threads

/// Waiting for a condition, in place of sleeping for a time that is hoped to be enough.
enum Wait {
    /// Long, since nobody waits longer than it takes, and a machine may be slow.
    static let patience: Duration = .seconds(180)

    /// Asks again and again until the condition holds.
    ///
    /// - Throws: what the condition throws, or a failure that names it.
    static func until(_ what: String, within limit: Duration = patience, _ condition: () throws -> Bool) throws {
        let deadline = MonotonicClock.deadline(after: limit)
        while try !condition() {
            guard MonotonicClock.now < deadline else {
                throw KafkaServer.Failure(what: "not within \(limit): \(what)")
            }
            MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(50)))
        }
    }
}
