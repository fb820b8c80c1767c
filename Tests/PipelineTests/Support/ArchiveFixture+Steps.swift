import Foundation
import Postgres
import Testing
import Threads

@testable import Pipeline

/// Single steps of archiving, and what disturbs them.
extension ArchiveFixture {
    /// Writes the day's files under their temporary names.
    func export(_ export: UUID, output: ArchiveFolder? = nil) throws -> ArchiveManifest {
        let session = try ArchiveSession.open(conninfo, name: "tests", services: services)
        let folder = output ?? self.output
        try folder.create()
        let files = DayExport(
            day: day, export: export, attempt: "test", folder: folder, version: "", connection: session, progress: {})
        return try #require(try files.run())
    }

    /// Gives them their names.
    func publish(_ manifest: ArchiveManifest, output: ArchiveFolder? = nil) throws {
        let claim = DayClaim(day: day, folder: output ?? self.output, export: manifest.export, own: [])
        try DayPublication(manifest, claim: claim, attempt: "test", setsAside: nil).publish()
    }

    /// Runs a statement once the day's row says that it has that state, in the transaction that says so.
    func on(_ state: ArchivedDay.State = .exporting, _ sql: String) throws {
        try connection.execute(
            """
            CREATE FUNCTION disturb() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(sql); RETURN NULL; END $$;
            CREATE TRIGGER disturb AFTER UPDATE ON archived_days FOR EACH ROW WHEN (NEW.state = '\(state)')
                EXECUTE FUNCTION disturb()
            """)
    }

    /// Has an archive held right before the day has that state (at the start of its export) while `body` runs, which gets
    /// the export's id.
    func holding(
        _ archive: ArchiveThread, before state: ArchivedDay.State = .exporting, _ body: (UUID) throws -> Void
    ) throws {
        try on(state, "PERFORM pg_advisory_xact_lock(42)")
        let holder = try Connection(conninfo, applicationName: "holder")
        try holder.transaction {
            try holder.execute("SELECT pg_advisory_xact_lock(42)")
            archive.start()
            try waitUntilSomebodyWaits("locktype = 'advisory' AND objid = 42")
            try body(try #require(try days.find(day)?.export))
        }
    }

    /// Waits until somebody in this database waits for such a lock: other tests have databases on the same server.
    func waitUntilSomebodyWaits(_ condition: String) throws {
        try Wait.until("somebody waits: \(condition)") {
            try connection.query(
                """
                SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database AND datname = current_database()
                WHERE NOT granted AND \(condition)
                """
            ).isEmpty == false
        }
    }

    /// The names of the partitions' own CHECK constraints.
    func constraints() throws -> [String] {
        try connection.query(
            "SELECT conname FROM pg_constraint JOIN pg_class c ON c.oid = conrelid WHERE contype = 'c' AND relispartition"
        ).map { $0[0] ?? "" }
    }

    /// Interrupts detaching while it waits for a reader, which leaves it pending.
    func detachInPart() throws {
        let reader = try Connection(conninfo, applicationName: "reader")
        let detacher = try Connection(conninfo, applicationName: "detacher")
        let canceller = try detacher.canceller()
        try reader.transaction {
            try reader.execute("SELECT count(*) FROM images")
            let database = conninfo
            let thread = OSThread(name: "cancel") {
                let watcher = try? Connection(database, applicationName: "watcher")
                Wait.until("detaching is pending") {
                    (try? watcher?.query("SELECT 1 FROM pg_inherits WHERE inhdetachpending"))?.isEmpty == false
                }
                canceller.cancel()
            }
            #expect(throws: PostgresError.self) {
                try detacher.execute("ALTER TABLE images DETACH PARTITION images_2026_03_01 CONCURRENTLY")
            }
            thread.join()
        }
        #expect(try PartitionCatalog(connection: connection).attachment(.images, day) == .pending)
    }
}
