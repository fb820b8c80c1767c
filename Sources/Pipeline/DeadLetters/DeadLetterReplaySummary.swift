/// What became of a replay.
public struct DeadLetterReplaySummary: Sendable {
    /// Messages that the broker has acknowledged; in a dry run, those that would be sent.
    public var sent = 0
    /// Letters that could not be sent as they are.
    public var refused = 0
    /// Messages that the broker has not acknowledged, and letters that were not tried any more after that.
    public var unacknowledged = 0
    /// Whether nothing was sent.
    public var isDryRun = false

    /// 75 where something was not acknowledged, else 65 where something was refused, else 0.
    public var status: ExitStatus {
        if unacknowledged > 0 { return .temporaryFailure }
        return refused > 0 ? .badData : .success
    }

    /// As people read it.
    public var text: String {
        if sent + refused + unacknowledged == 0 { return "no dead letters to replay" }
        let verb = isDryRun ? "would be sent" : "sent and acknowledged"
        let missing = unacknowledged > 0 ? ", \(unacknowledged) not acknowledged: replay again" : ""
        return "\(sent) \(verb), \(refused) refused\(missing)"
    }
}
