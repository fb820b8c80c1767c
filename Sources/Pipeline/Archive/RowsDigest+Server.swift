import Postgres

extension RowsDigest {
    /// The digest of a table, computed by the server.
    init(of table: String, columns: [ArchivedColumn], on connection: Connection) throws {
        let row = try connection.query(ArchivedColumn.checksum(columns, of: table))[0]
        guard let rows = row.int(0), let sum = row[1].flatMap({ UInt64($0) }) else {
            throw RoleError(.internalFailure, "the server's checksum of \(table) cannot be read: \(row[1] ?? "NULL")")
        }
        self.init(rows: Int(rows), sum: sum)
    }
}
