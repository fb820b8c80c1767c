import Threads

/// One request's part of a budget, given back when nobody holds it any more.
public final class RequestPermit: Sendable, Equatable {
    private let budget: RequestBudget
    private let bytes: Monitor<Int>

    init(budget: RequestBudget, bytes: Int) {
        self.budget = budget
        self.bytes = Monitor(bytes)
    }

    deinit {
        budget.giveBack(bytes.read { $0 })
    }

    /// Takes more memory; false where the budget does not have it now.
    public func grow(by more: Int) -> Bool {
        guard budget.add(more) else { return false }
        bytes.read { $0 += more }
        return true
    }

    /// Whether both are the same permit.
    public static func == (one: RequestPermit, other: RequestPermit) -> Bool { one === other }
}
