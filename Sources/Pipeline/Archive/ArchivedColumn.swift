import Postgres

/// A column of an archived table.
struct ArchivedColumn: Codable, Equatable, Sendable {
    let name: String
    /// As PostgreSQL writes it, such as `timestamp with time zone`.
    let type: String

    /// Types whose text never needs quotes in CSV. All others are quoted always, so that each row has one form only.
    private static let plainTypes: Set<String> = [
        "uuid", "timestamp with time zone", "smallint", "integer", "bigint", "real", "double precision", "bytea",
        "boolean",
        "date",
    ]

    private var isPlain: Bool { ArchivedColumn.plainTypes.contains(type) }
    /// What COPY writes. A cast of a boolean gives `true` where COPY has `t`.
    private var text: String {
        type == "boolean"
            ? "CASE WHEN \(identifier) THEN 't' WHEN NOT \(identifier) THEN 'f' END" : "\(identifier)::text"
    }
    private var identifier: String { "\"\(name.replacing("\"", with: "\"\""))\"" }

    /// The columns of a table, in order.
    static func all(of table: String, on connection: Connection) throws(PostgresError) -> [ArchivedColumn] {
        let rows = try connection.query(
            """
            SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """, [.text(table)])
        return rows.map { ArchivedColumn(name: $0[0] ?? "", type: $0[1] ?? "") }
    }

    /// The first line of the file.
    static func header(_ columns: [ArchivedColumn]) -> String {
        columns.map(\.name).joined(separator: ",")
    }

    /// The statement that writes a table as CSV.
    static func copyOut(_ columns: [ArchivedColumn], of table: String) -> String {
        let quoted = columns.filter { !$0.isPlain }.map(\.identifier)
        let force = quoted.isEmpty ? "" : ", FORCE_QUOTE (\(quoted.joined(separator: ", ")))"
        return "COPY \(table) (\(list(columns))) TO STDOUT (FORMAT csv, HEADER\(force))"
    }

    /// The statement that reads it back.
    static func copyIn(_ columns: [ArchivedColumn], into table: String) -> String {
        "COPY \(table) (\(list(columns))) FROM STDIN (FORMAT csv, HEADER, FREEZE)"
    }

    /// The statement that counts a table's rows and adds up their digests, independent of their order and of COPY: for each
    /// row the first eight bytes of the SHA-256 of its CSV line, as a number, modulo 2^64.
    static func checksum(_ columns: [ArchivedColumn], of table: String) -> String {
        let fields = columns.map { column in
            guard column.isPlain else {
                return "coalesce('\"' || replace(\(column.text), '\"', '\"\"') || '\"', '')"
            }
            return "coalesce(\(column.text), '')"
        }
        return """
            SELECT count(*), mod(mod(coalesce(sum(digest), 0), 18446744073709551616) + 18446744073709551616,
                18446744073709551616)
            FROM (SELECT ('x' || encode(substr(sha256(convert_to(line, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint AS digest
                FROM (SELECT concat_ws(',', \(fields.joined(separator: ", "))) AS line FROM \(table)) AS lines) AS digests
            """
    }

    private static func list(_ columns: [ArchivedColumn]) -> String {
        columns.map(\.identifier).joined(separator: ", ")
    }
}
