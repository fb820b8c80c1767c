import Threads

@testable import Pipeline

/// archive on a thread of its own, for a test that disturbs it.
final class ArchiveThread {
    private let fixture: ArchiveFixture
    private let outcome = Monitor<Result<ArchiveSummary, any Error>?>(nil)
    private var thread: OSThread?

    init(_ fixture: ArchiveFixture) {
        self.fixture = fixture
    }

    /// Begins.
    func start() {
        let (options, services, outcome) = (fixture.options(), fixture.services, self.outcome)
        thread = OSThread(name: "archive") {
            let result = Result { try ArchiveRole(options: options, services: services, attempt: "test").run() }
            outcome.update { $0 = result }
        }
    }

    /// Waits for its end.
    ///
    /// - Throws: what it threw, or why the first day was not archived.
    func end() throws -> ArchiveSummary {
        thread?.join()
        guard let result = outcome.read({ $0 }) else { throw RoleError(.internalFailure, "archive was not started") }
        let summary = try result.get()
        if let failure = summary.failures.first { throw failure.error }
        return summary
    }
}
