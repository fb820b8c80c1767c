import Events
import Kafka
import Postgres
import Synchronization
import Testing
import Threads

@testable import Pipeline

/// A COMMIT whose answer is lost. The server waits in it for a standby that never comes; cut there, it has committed.
@Suite(.enabled(if: Database.isInstalled, "PostgreSQL is missing"))
struct PersistCommitTests {
    private final class Attempt: Sendable {
        let result = Mutex<Result<Bool, any Error>?>(nil)
    }

    /// Has commits wait for this standby, from now on.
    private func awaitStandby(_ name: String, _ database: TemporaryCluster, _ admin: Connection) throws {
        try admin.execute("ALTER SYSTEM SET synchronous_standby_names = '\(name)'")
        try admin.execute("SELECT pg_reload_conf()")
        try Wait.until("the setting is read") {
            try Connection(database.conninfo, applicationName: "tests").query("SHOW synchronous_standby_names")[0][0]
                == name
        }
        // The checkpointer tells the other processes before it serves this.
        try admin.execute("CHECKPOINT")
    }

    @Test func ownCommitIsRecognised() throws {
        let kafka = try Cluster(partitions: 1)
        let database = try TemporaryCluster(
            settings: ["wal_level": "replica", "max_wal_senders": "2", "synchronous_commit": "on"])
        let store = PersistStore(database: database.conninfo, clusterID: "one", group: "g")
        _ = try store.connect()
        try kafka.send((0..<5).map { _ in Samples.captured().encoded() }, topic: "iot.images")
        var collected = PersistBatch()
        for message in try kafka.read(5, from: "iot.images") {
            collected.add(message, topics: kafka.topics)
        }
        let batch = collected
        _ = try store.preparePartitions(for: batch.days)

        let admin = try Connection(database.conninfo, applicationName: "tests")
        try awaitStandby("nobody", database, admin)
        let attempt = Attempt()
        let thread = OSThread(name: "write") {
            let result = Result { () -> Bool in
                if case .stored = try store.write(batch, after: [:]) { return true }
                return false
            }
            attempt.result.withLock { $0 = result }
        }
        try Wait.until("the commit waits") {
            try admin.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            ).count == 1
        }
        // The session ends when the removal of its temporary tables need not wait.
        try awaitStandby("", database, admin)
        thread.join()
        #expect(throws: PostgresError.self) { try attempt.result.withLock { $0! }.get() }

        // The rows are there; the next attempt finds that they are its own.
        #expect(try admin.query("SELECT count(*) FROM images")[0].int(0) == 5)
        guard case .stored(let counts) = try store.write(batch, after: [:]) else {
            Issue.record("taken for another member's")
            return
        }
        #expect(counts.images == 5 && counts.duplicates == 0)
        #expect(try admin.query("SELECT count(*) FROM images")[0].int(0) == 5)
        // Only once: what is found from now on is another member's.
        guard case .fenced = try store.write(batch, after: [:]) else {
            Issue.record("not fenced")
            return
        }
    }
}
