import Foundation
import Synchronization
import Testing
import Threads

@testable import Postgres

@Suite(.needsServer) struct ConnectionTests {
    @Test func namesItselfAndSpeaksUTCAndISO() throws {
        let connection = try Server.connect()
        #expect(try connection.query("SHOW application_name").first?[0] == "tests")
        #expect(try connection.query("SHOW client_encoding").first?[0] == "UTF8")
        let instant = try connection.query("SELECT timestamptz '2026-11-24 01:02:03.456789+02' AS t").first
        #expect(instant?["t"] == "2026-11-23 23:02:03.456789+00")
        #expect(connection.serverVersion > 100_000)
        #expect(connection.backendProcess > 0)
        #expect(connection.isUsable)
        #expect(connection.endpoint.hasPrefix("iotpipe on socket /"))
        #expect(connection.endpoint.hasSuffix(" as iotpipe"))
    }

    @Test func theConnectionStringsApplicationNameWins() throws {
        let connection = try Connection(
            try Server.cluster().conninfo + " application_name=mine", applicationName: "tests")
        #expect(try connection.query("SHOW application_name").first?[0] == "mine")
    }

    // MARK: Parameters and results

    @Test func parametersGoThereAndBack() throws {
        let connection = try Server.connect()
        let uuid = UUID()
        let allBytes = (0...255).map { UInt8($0) }
        let row = try #require(
            try connection.query(
                "SELECT $1::text, $2::bigint, $3::float8, $4::bool, $5::uuid, $6, $7, $8::jsonb->>'a'",
                [
                    .text("Grüße 🙂 'quoted' \\ \n"), .int(.min), .double(1e-300), .bool(true), .uuid(uuid),
                    .bytea(allBytes), .timestamptz(microseconds: 1_795_482_123_456_789), .text(#"{"a": 1}"#),
                ]
            ).first)
        #expect(row[0] == "Grüße 🙂 'quoted' \\ \n")
        #expect(row.int(1) == .min)
        #expect(row.double(2) == 1e-300)
        #expect(row.bool(3) == true)
        #expect(row.uuid(4) == uuid)
        #expect(row.bytes(5) == allBytes)
        #expect(row[6] == "2026-11-24 01:02:03.456789+00")
        #expect(row[7] == "1")
    }

    @Test func nilIsNullAndEmptyIsNot() throws {
        let row = try #require(
            try Server.connect().query(
                "SELECT $1::text, $2::int, $3::uuid, $4, $5, $6::text, $7",
                [
                    .text(nil), .int(nil), .uuid(nil), .bytea(nil), .timestamptz(microseconds: nil), .text(""),
                    .bytea([]),
                ]
            ).first)
        #expect((0..<5).allSatisfy { row[$0] == nil })
        #expect(row[5] == "")
        #expect(row.bytes(6) == [])
    }

    @Test func aZeroCharacterIsRefusedBeforeItIsCutOff() throws {
        let connection = try Server.connect()
        let error = try Server.error { try connection.query("SELECT $1::text", [.text("secret\0tail")]) }
        #expect(error.code == .invalidValue)
        #expect(error.message.contains("$1"))
        #expect(!error.description.contains("secret"))
    }

    @Test func rowsAreACollection() throws {
        let connection = try Server.connect()
        let rows = try connection.query("SELECT i, i * i AS square FROM generate_series(1, 4) AS i")
        #expect(rows.columns == ["i", "square"])
        #expect(rows.map { $0["square"] } == ["1", "4", "9", "16"])
        #expect(rows.affected == 4)
        #expect(try connection.query("SELECT 1 WHERE false").isEmpty)
    }

    @Test func statementsSayHowManyRowsTheyTouched() throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (i int)")
        #expect(try connection.execute("INSERT INTO t SELECT generate_series(1, 3)") == 3)
        #expect(try connection.query("DELETE FROM t WHERE i < $1", [.int(3)]).affected == 2)
    }

    @Test func preparedStatementsRunManyTimes() throws {
        let connection = try Server.connect()
        let double = try connection.prepare("SELECT $1::bigint * 2")
        let join = try connection.prepare("SELECT $1::text || $2::text")
        for number in Int64(0)..<10 { #expect(try double.query([.int(number)]).first?.int(0) == number * 2) }
        #expect(try join.query([.text("a"), .text("b")]).first?[0] == "ab")
    }

    // MARK: Transactions

    @Test func aTransactionThatThrowsLeavesNothing() throws {
        struct Mine: Error {}
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (i int)")
        try connection.transaction { _ = try connection.execute("INSERT INTO t VALUES (1)") }
        #expect(throws: Mine.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO t VALUES (2)")
                throw Mine()
            }
        }
        #expect(try connection.query("SELECT sum(i) FROM t").first?.int(0) == 1)
    }

    @Test func aCommitOfAFailedTransactionIsAnError() throws {
        let connection = try Server.connect()
        let error = try Server.error {
            try connection.transaction { _ = try? connection.execute("SELECT 1/0") }
        }
        #expect(error.message.contains("rolled back"))
        #expect(try connection.query("SELECT 1").count == 1)
    }

    @Test func aDeferredConstraintFailsTheCommit() throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (i int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let error = try Server.error {
            try connection.transaction { _ = try connection.execute("INSERT INTO t VALUES (1), (1)") }
        }
        #expect(error.code == .uniqueViolation)
        #expect(try connection.query("SELECT FROM t").isEmpty)
    }

    @Test func savepointsUndoOnlyTheirOwn() throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (i int PRIMARY KEY)")
        try connection.transaction {
            try connection.execute("INSERT INTO t VALUES (1)")
            let error = try Server.error {
                try connection.savepoint {
                    try connection.execute("INSERT INTO t VALUES (2)")
                    try connection.savepoint { _ = try connection.execute("INSERT INTO t VALUES (3)") }
                    try connection.execute("INSERT INTO t VALUES (1)")
                }
            }
            #expect(error.code == .uniqueViolation)
            try connection.savepoint { _ = try connection.execute("INSERT INTO t VALUES (4)") }
        }
        #expect(try connection.query("SELECT i FROM t ORDER BY i").map { $0.int(0) } == [1, 4])
    }

    @Test func aTransactionInsideOneIsRefused() throws {
        let connection = try Server.connect()
        let error = try Server.error { try connection.transaction { try connection.transaction {} } }
        #expect(error.message.contains("savepoint"))
        #expect(try connection.query("SELECT 1").count == 1)
    }

    // MARK: Notices and cancelling

    @Test func noticesComeToTheClosure() throws {
        let notices = Mutex<[Notice]>([])
        let connection = try Server.connect { notice in notices.withLock { $0.append(notice) } }
        try connection.execute("DO $$ BEGIN RAISE WARNING 'mind the gap'; END $$")
        let heard = notices.withLock { $0 }
        #expect(heard.map(\.severity) == ["WARNING"])
        #expect(heard.map(\.message) == ["mind the gap"])
    }

    @Test func anotherThreadCancels() throws {
        let connection = try Server.connect()
        let canceller = try connection.canceller()
        let process = connection.backendProcess
        // Cancels once the statement is seen at work.
        let thread = OSThread(name: "cancels") {
            guard let observer = try? Server.connect() else { return }
            let busy = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'"
            _ = Server.wait { (try? observer.query(busy, [.int(Int64(process))]).isEmpty) == false }
            canceller.cancel()
        }
        let error = try Server.error { try connection.execute("SELECT pg_sleep(60)") }
        thread.join()
        #expect(error.code == .cancelled)
        #expect(!error.isTransient)
        #expect(connection.isUsable)
    }

    // MARK: Broken connections

    @Test func aSessionEndedByAnAdministratorIsTransient() throws {
        let connection = try Server.connect()
        try Server.connect().query("SELECT pg_terminate_backend($1)", [.int(Int64(connection.backendProcess))])
        let error = try Server.error { while true { try connection.execute("SELECT 1") } }
        #expect(error.isTransient)
        #expect([.unavailable, .connectionLost].contains(error.code))
        let next = try Server.error { try connection.execute("SELECT 1") }
        #expect(next.code == .connectionLost)
        #expect(!connection.isUsable)
    }
}
