import Foundation
import Synchronization
import Testing
import Threads

@testable import Postgres

@Suite(.needsServer) struct MigratorTests {
    private static let steps = [
        Migration(name: "0001 tables", sql: "CREATE TABLE a (i int); CREATE TABLE b (i int)"),
        Migration(name: "0002 rows", sql: "INSERT INTO a VALUES (1)"),
        Migration(name: "0003 more", sql: "INSERT INTO a VALUES (2)"),
    ]

    @Test func appliesEachOnceInOrder() throws {
        let connection = try Server.connectToNewDatabase().connection
        let early = Migrator(Array(Self.steps.prefix(1)))
        let all = Migrator(Self.steps)
        #expect(try early.pending(on: connection) == ["0001 tables"])
        #expect(try early.run(on: connection) == ["0001 tables"])
        #expect(try all.pending(on: connection) == ["0002 rows", "0003 more"])
        #expect(try all.run(on: connection) == ["0002 rows", "0003 more"])
        #expect(try all.run(on: connection) == [])
        #expect(try connection.query("SELECT i FROM a ORDER BY i").map { $0[0] } == ["1", "2"])
        let table = try connection.query("SELECT name, length(checksum) FROM schema_migrations ORDER BY position")
        #expect(table.map { $0[0] } == Self.steps.map(\.name))
        #expect(table.allSatisfy { $0.int(1) == 64 })
    }

    @Test func anythingAtOnceIsAppliedOnce() throws {
        let conninfo = try Server.connectToNewDatabase().conninfo
        let applied = Mutex<[String]>([])
        let failures = Mutex<[String]>([])
        let threads = (0..<4).map { number in
            OSThread(name: "migrates \(number)") {
                do {
                    let connection = try Connection(conninfo, applicationName: "tests")
                    let names = try Migrator(Self.steps).run(on: connection)
                    applied.withLock { $0 += names }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(failures.withLock { $0 } == [])
        #expect(applied.withLock { $0.sorted() } == Self.steps.map(\.name))
        let connection = try Connection(conninfo, applicationName: "tests")
        #expect(try connection.query("SELECT FROM a").count == 2)
    }

    @Test func aFailureLeavesNothingOfItsOwnAndSaysWhich() throws {
        let connection = try Server.connectToNewDatabase().connection
        let bad = Migration(name: "0002 bad", sql: "CREATE TABLE half (); SELECT 1/0")
        let error = try Server.error { _ = try Migrator([Self.steps[0], bad]).run(on: connection) }
        #expect(error.code == .invalidValue)
        #expect(error.message.hasPrefix("migration \"0002 bad\" failed: "))
        #expect(try connection.query("SELECT to_regclass('half') IS NULL").first?.bool(0) == true)
        #expect(try Migrator(Self.steps).run(on: connection) == ["0002 rows", "0003 more"])
    }

    @Test func aNewerDatabaseIsRefused() throws {
        let connection = try Server.connectToNewDatabase().connection
        try Migrator(Self.steps).run(on: connection)
        let error = try Server.error { _ = try Migrator(Array(Self.steps.prefix(2))).run(on: connection) }
        #expect(error.code == .migration)
        #expect(error.message.contains("0003 more"))
        #expect(error.message.contains("newer version"))
        #expect(!error.isTransient)
    }

    @Test func otherSQLUnderTheSameNameIsRefused() throws {
        let connection = try Server.connectToNewDatabase().connection
        try Migrator(Self.steps).run(on: connection)
        var changed = Self.steps
        changed[1] = Migration(name: changed[1].name, sql: "INSERT INTO a VALUES (99)")
        let error = try Server.error { _ = try Migrator(changed).pending(on: connection) }
        #expect(error.code == .migration)
        #expect(error.message.contains("0002 rows"))
    }

    @Test func whereNothingIsMissingNoRightToCreateIsNeeded() throws {
        let connection = try Server.connectToNewDatabase().connection
        try Migrator(Self.steps).run(on: connection)
        try connection.execute(
            """
            REVOKE ALL ON SCHEMA public FROM PUBLIC; CREATE ROLE reader; GRANT USAGE ON SCHEMA public TO reader;
            GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; SET ROLE reader
            """)
        #expect(try Migrator(Self.steps).run(on: connection) == [])
    }
}
