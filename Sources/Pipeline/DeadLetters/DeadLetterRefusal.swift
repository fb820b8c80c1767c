/// Why one letter cannot be replayed; the others go on.
struct DeadLetterRefusal: Error {
    /// The reason, and what to do.
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
