import Kafka
import Synchronization
import Threads

@testable import Pipeline

/// persist on a thread of its own.
final class PersistThread {
    let log = LogLines()
    private let stopSignal = StopSignal()
    private let outcome = Outcome()
    private let thread: OSThread
    private var isJoined = false

    init(
        _ cluster: Cluster, _ database: Database, onOffsetGap: PersistOptions.OffsetGapPolicy = .fail,
        drainTimeout: Duration = .seconds(20), batch: Int = 1_000, patience: Duration = .seconds(5),
        _ properties: KeyValuePairs<String, String> = [:]
    ) {
        var options = PersistOptions(kafka: cluster.kafka(properties))
        options.database = database.conninfo
        options.onOffsetGap = onOffsetGap
        options.drainTimeout = drainTimeout
        options.batch = batch
        let role = PersistRole(
            options: options, services: RoleServices(logger: log.logger, stop: stopSignal), patience: patience)
        thread = OSThread(name: "persist") { [outcome] in
            let result = Result { try role.run() }
            outcome.result.withLock { $0 = result }
        }
    }

    private final class Outcome: Sendable {
        let result = Mutex<Result<PersistSummary, any Error>?>(nil)
    }

    deinit {
        stopSignal.request()
        if !isJoined { thread.join() }
    }

    /// Waits for its end without asking for it.
    func end() throws -> PersistSummary {
        thread.join()
        isJoined = true
        return try outcome.result.withLock { $0! }.get()
    }

    /// Asks it to drain, without waiting.
    func request() {
        stopSignal.request()
    }

    /// Asks it to drain.
    func stop() throws -> PersistSummary {
        stopSignal.request()
        return try end()
    }
}
