import Testing

@testable import Postgres

/// COPY out, and in as text.
@Suite(.needsServer) struct CopyTextTests {
    private struct Enough: Error {}

    @Test func rowsComeOneByOneAndGoBack() throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMPORARY TABLE one (i int, t text); CREATE TEMPORARY TABLE two (i int, t text)")
        try connection.execute("INSERT INTO one SELECT i, E'a\"\\n' || i FROM generate_series(1, 1000) AS i")
        var pieces: [[UInt8]] = []
        let count = try connection.copyOut("COPY one TO STDOUT (FORMAT csv, HEADER)") { pieces.append(Array($0)) }
        #expect(count == 1_000 && pieces.count == 1_001)
        #expect(pieces[0] == Array("i,t\n".utf8))
        #expect(pieces[1] == Array("1,\"a\"\"\n1\"\n".utf8))
        let stored = try connection.copyInText("COPY two FROM STDIN (FORMAT csv, HEADER)") { write in
            for piece in pieces { try piece.withUnsafeBytes { try write($0) } }
        }
        #expect(stored == 1_000)
        #expect(try connection.query("SELECT * FROM one EXCEPT SELECT * FROM two").isEmpty)
    }

    @Test func readerThatGivesUpLeavesTheConnectionUsable() throws {
        let connection = try Server.connect()
        var count = 0
        #expect(throws: Enough.self) {
            try connection.copyOut("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 1000000)) TO STDOUT") { _ in
                count += 1
                if count == 10 { throw Enough() }
            }
        }
        #expect(count == 10)
        #expect(try connection.query("SELECT 1")[0][0] == "1")
    }

    @Test func serversErrorsAreSaid() throws {
        let connection = try Server.connect()
        let late = try Server.error {
            try connection.copyOut("COPY (SELECT 1 / (5 - i) FROM generate_series(1, 9) AS i) TO STDOUT") { _ in }
        }
        #expect(late.sqlState == "22012")
        let early = try Server.error { try connection.copyOut("COPY no_such_table TO STDOUT") { _ in } }
        #expect(early.code == .undefinedObject)
        let other = try Server.error { try connection.copyOut("SELECT 1") { _ in } }
        #expect(other.code == .syntax)
        try connection.execute("CREATE TEMPORARY TABLE t (i int)")
        let text = try Server.error { try connection.copyInText("COPY t FROM STDIN (FORMAT binary)") { _ in } }
        #expect(text.code == .syntax)
        let bad = try Server.error {
            try connection.copyInText("COPY t FROM STDIN (FORMAT csv)") { write in
                try Array("x\n".utf8).withUnsafeBytes { try write($0) }
            }
        }
        #expect(bad.code == .invalidValue)
        #expect(try connection.queryLast("SELECT 1; SELECT 2")[0][0] == "2")
    }
}
