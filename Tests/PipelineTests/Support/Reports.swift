import Synchronization

@testable import Pipeline

/// Keeps what `Outgoing` reports.
final class Reports: Sendable {
    private let reports = Mutex<[Outgoing.Report]>([])

    func add(_ more: [Outgoing.Report]) { reports.withLock { $0 += more } }

    var all: [Outgoing.Report] { reports.withLock { $0 } }
    var delivered: [Outgoing.Report] { all.filter { $0.error == nil } }
}
