import Threads

/// How many requests may be worked on at a time, and how much memory they may take together.
public final class RequestBudget: Sendable {
    private struct State {
        var requests = 0
        var bytes = 0
    }

    private let state = Monitor(State())
    private let maxRequests: Int
    private let maxBytes: Int

    /// - Parameters:
    ///   - maxRequests: permits at a time.
    ///   - maxBytes: of all permits together.
    public init(maxRequests: Int, maxBytes: Int) {
        self.maxRequests = maxRequests
        self.maxBytes = maxBytes
    }

    /// A permit for one more request that takes so many bytes; nil where the budget does not have it now.
    public func permit(bytes: Int) -> RequestPermit? {
        let isGranted = state.read { state in
            guard state.requests < maxRequests, bytes <= maxBytes - state.bytes else { return false }
            state.requests += 1
            state.bytes += bytes
            return true
        }
        return isGranted ? RequestPermit(budget: self, bytes: bytes) : nil
    }

    /// For a permit that grows; false where the budget does not have it now.
    func add(_ bytes: Int) -> Bool {
        state.read { state in
            guard bytes <= maxBytes - state.bytes else { return false }
            state.bytes += bytes
            return true
        }
    }

    /// A permit with so many bytes has ended.
    func giveBack(_ bytes: Int) {
        state.read { state in
            state.requests -= 1
            state.bytes -= bytes
        }
    }
}
