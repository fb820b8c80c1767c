import Foundation
import Testing

@testable import Postgres

@Suite(.needsServer) struct CopyWriterTests {
    private static let copy = "COPY t FROM STDIN (FORMAT binary)"

    @Test func everyTypeGoesThereAndBack() throws {
        let connection = try Server.connect()
        try connection.execute(
            """
            CREATE TEMP TABLE t (a bool, b int2, c int4, d int8, e float4, f float8, g uuid, h timestamptz, i text,
                j bytea, k bytea, l jsonb, m jsonb)
            """)
        let uuid = UUID()
        let allBytes = (0...255).map { UInt8($0) }
        let stored = try connection.copyIn(Self.copy) { writer in
            try writer.row()
            writer.bool(true)
            writer.int16(.min)
            writer.int32(.max)
            writer.int64(.min + 1)
            writer.float(-1.5)
            writer.double(.pi)
            writer.uuid(uuid)
            writer.timestamptz(microseconds: 1_795_482_123_456_789)
            writer.text("Grüße 🙂\t\\N\n")
            writer.bytea(allBytes)
            allBytes.withUnsafeBytes { writer.bytea($0) }
            writer.jsonb(#"{"top5": [1, "ü"]}"#)
            writer.jsonb(Array("[true]".utf8))
            try writer.row()
            writer.bool(nil)
            writer.int16(nil)
            writer.int32(nil)
            writer.int64(nil)
            writer.float(nil)
            writer.double(nil)
            writer.uuid(nil)
            writer.timestamptz(microseconds: nil)
            writer.text(nil)
            writer.bytea(nil)
            writer.null()
            writer.jsonb(nil as String?)
            writer.jsonb(nil as [UInt8]?)
        }
        #expect(stored == 2)
        let rows = try connection.query("SELECT * FROM t")
        let row = try #require(rows.first)
        #expect(row.bool(0) == true)
        #expect(row.int(1) == Int64(Int16.min))
        #expect(row.int(2) == Int64(Int32.max))
        #expect(row.int(3) == Int64.min + 1)
        #expect(row.double(4) == -1.5)
        #expect(row.double(5) == .pi)
        #expect(row.uuid(6) == uuid)
        #expect(row[7] == "2026-11-24 01:02:03.456789+00")
        #expect(row[8] == "Grüße 🙂\t\\N\n")
        #expect(row.bytes(9) == allBytes)
        #expect(row.bytes(10) == allBytes)
        #expect(row[11] == #"{"top5": [1, "ü"]}"#)
        #expect(row[12] == "[true]")
        #expect((0..<13).allSatisfy { rows[1][$0] == nil })
    }

    @Test(arguments: [
        (0, "1970-01-01 00:00:00+00"), (-1, "1969-12-31 23:59:59.999999+00"),
        (946_684_800_000_000, "2000-01-01 00:00:00+00"), (9_214_560_000_000_001, "2261-12-31 00:00:00.000001+00"),
        (Int64.min, "-infinity"),
    ])
    func instantsKeepTheirMicroseconds(microseconds: Int64, text: String) throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (at timestamptz)")
        try connection.copyIn(Self.copy) { writer in
            try writer.row()
            writer.timestamptz(microseconds: microseconds)
        }
        #expect(try connection.query("SELECT at FROM t").first?[0] == text)
        #expect(try connection.query("SELECT $1", [.timestamptz(microseconds: microseconds)]).first?[0] == text)
    }

    @Test func emptyIsNotNull() throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (a text, b bytea)")
        try connection.copyIn(Self.copy) { writer in
            try writer.row()
            writer.text("")
            writer.bytea([])
        }
        #expect(try connection.query("SELECT a = '', b = ''::bytea FROM t").first?.bool(0) == true)
        #expect(try connection.query("SELECT a = '', b = ''::bytea FROM t").first?.bool(1) == true)
    }

    @Test func noRowsAreFine() throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (a int)")
        #expect(try connection.copyIn(Self.copy) { _ in } == 0)
    }

    @Test func manyRowsAndLargeValuesCrossTheBuffer() throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (n int8, body bytea)")
        let sizes = (0..<500).map { $0 * 37 } + [1 << 20, 131_072, 0, 3_000_000]
        try connection.copyIn(Self.copy) { writer in
            for (number, size) in sizes.enumerated() {
                try writer.row()
                writer.int64(Int64(number))
                writer.bytea([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size))
            }
        }
        let rows = try connection.query("SELECT length(body), get_byte(body || '\\x00', 0) FROM t ORDER BY n")
        #expect(rows.map { $0.int(0) } == sizes.map { Int64($0) })
        #expect(rows[400].int(1) == Int64(400 & 255))
    }

    // MARK: What goes wrong

    @Test func aDuplicateShowsAtTheEndAndASavepointSavesTheTransaction() throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (name text PRIMARY KEY)")
        try connection.transaction {
            try connection.execute("INSERT INTO t VALUES ('before')")
            let error = try Server.error {
                try connection.savepoint {
                    _ = try connection.copyIn(Self.copy) { writer in
                        for _ in 0..<2 {
                            try writer.row()
                            writer.text("topsecret")
                        }
                    }
                }
            }
            #expect(error.code == .uniqueViolation)
            #expect(error.statement == Self.copy)
            #expect(!error.description.contains("topsecret"))
        }
        #expect(try connection.query("SELECT name FROM t").map { $0[0] } == ["before"])
    }

    @Test func aBodyThatThrowsStoresNothing() throws {
        struct Mine: Error {}
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (a int4)")
        #expect(throws: Mine.self) {
            try connection.copyIn(Self.copy) { writer in
                try writer.row()
                writer.int32(1)
                throw Mine()
            }
        }
        #expect(try connection.query("SELECT FROM t").isEmpty)
    }

    @Test(arguments: [1, 3]) func aRowNeedsOneValuePerColumn(values: Int) throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (a int4, b int4)")
        let error = try Server.error {
            try connection.copyIn(Self.copy) { writer in
                try writer.row()
                for _ in 0..<values { writer.int32(1) }
            }
        }
        #expect(error.code == .syntax)
        #expect(error.message == "row 1 has \(values) values where the COPY has 2 columns")
        #expect(try connection.query("SELECT FROM t").isEmpty)
    }

    @Test(arguments: [
        "COPY t FROM STDIN", "SELECT 1", "COPY t TO STDOUT", "COPY t TO STDOUT (FORMAT binary)",
        "COPY nowhere FROM STDIN",
    ])
    func onlyABinaryCopyFromStdinWillDo(sql: String) throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (a int4); INSERT INTO t VALUES (1), (2)")
        let error = try Server.error { try connection.copyIn(sql) { _ in } }
        #expect([.syntax, .undefinedObject].contains(error.code))
        #expect(try connection.query("SELECT FROM t").count == 2)
    }

    @Test func aCopyByExecuteLeavesTheConnectionUsable() throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (a int4)")
        let error = try Server.error { try connection.execute(Self.copy) }
        #expect(error.message.contains("copyIn"))
        #expect(try connection.query("SELECT FROM t").isEmpty)
    }

    @Test func aConnectionLostOnTheWayIsTransient() throws {
        let connection = try Server.connect()
        try connection.execute("CREATE TEMP TABLE t (body bytea)")
        let error = try Server.error {
            try connection.copyIn(Self.copy) { writer in
                try Server.connect().query(
                    "SELECT pg_terminate_backend($1, 10000)", [.int(Int64(connection.backendProcess))])
                for _ in 0..<1000 {
                    try writer.row()
                    writer.bytea([UInt8](repeating: 1, count: 10_000))
                }
            }
        }
        #expect(error.isTransient)
        #expect(!connection.isUsable)
    }
}
