import Foundation
import Postgres
import Testing

@testable import Pipeline

/// The server's checksum is that of the lines which COPY writes, for every type that is written without quotes.
@Suite(.enabled(if: (try? ServerPrograms()) != nil, "PostgreSQL is missing"))
struct ArchivedColumnTests {
    @Test(arguments: [
        ("uuid", ["gen_random_uuid()"]),
        ("timestamp with time zone", ["now()", "'infinity'", "'-infinity'", "'0044-03-15 12:00 BC'", "'99999-01-01'"]),
        ("smallint", ["-32768", "0"]), ("integer", ["-2147483648", "7"]), ("bigint", ["-9223372036854775808", "1"]),
        ("real", ["'NaN'", "'-Infinity'", "1e-40", "0.1", "16777216", "'-0'"]),
        ("double precision", ["'NaN'", "'Infinity'", "5e-324", "1.0/3", "1e22", "1e300", "'-0'"]),
        ("bytea", ["''", "'\\x00ff2c220a'"]), ("boolean", ["true", "false"]),
        ("date", ["'2026-03-01'", "'infinity'", "'0044-03-15 BC'"]),
        ("text", ["'a,\"b'", "''", "E'\\n'"]), ("jsonb", ["'{\"a\": [1, null]}'"]), ("numeric", ["1.50", "'NaN'"]),
        ("integer[]", ["'{1,2}'"]), ("interval", ["'1 day 2 hours'"]),
    ])
    func checksumIsThatOfTheFile(type: String, values: [String]) throws {
        let fixture = try ArchiveFixture()
        let session = try ArchiveSession.open(fixture.conninfo, name: "tests", services: fixture.services)
        try session.execute("CREATE TEMPORARY TABLE sample (number integer, \"the \"\"value\" \(type))")
        for (index, value) in (values + ["NULL"]).enumerated() {
            try session.execute("INSERT INTO sample VALUES (\(index), \(value))")
        }
        let columns = try ArchivedColumn.all(of: "sample", on: session)
        #expect(columns.map(\.type) == ["integer", type])
        let rows = try CSVRows()
        var text = ""
        try session.copyOut(ArchivedColumn.copyOut(columns, of: "sample")) { line in
            rows.add(line)
            text += String(decoding: line, as: UTF8.self)
        }
        #expect(try RowsDigest(of: "sample", columns: columns, on: session) == rows.digest, "\(text)")
        #expect(rows.digest.rows == values.count + 1 && rows.isComplete)
    }
}
