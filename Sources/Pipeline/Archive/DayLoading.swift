import Postgres

/// Loads a day's files into tables of their own.
struct DayLoading {
    let day: UTCDay
    let folder: ArchiveFolder
    let manifest: ArchiveManifest
    let connection: Connection
    /// Called often; may throw to stop.
    let progress: () throws -> Void

    /// Makes the empty tables; what an interrupted run left is thrown away. Not in the transaction that loads: it would keep
    /// its lock on the parent, and nobody could make another day's partition meanwhile.
    func prepare(_ tables: [ArchivedTable]) throws {
        for table in tables {
            let name = table.staging(of: day)
            let storage = DayPartitions.storage(of: table.rawValue).map { " WITH (\($0))" } ?? ""
            try connection.execute(
                """
                DROP TABLE IF EXISTS \(name);
                CREATE TABLE \(name) (LIKE \(table) INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)\(storage)
                """)
        }
    }

    /// Removes the tables again.
    func discard(_ tables: [ArchivedTable]) throws {
        for table in tables { try connection.execute("DROP TABLE IF EXISTS \(table.staging(of: day))") }
    }

    /// Loads the rows, in the transaction that is open, and compares them with the manifest.
    func load(_ tables: [ArchivedTable]) throws {
        for table in tables {
            guard let file = manifest.table(table), let expected = manifest.digest(table) else { continue }
            let name = table.staging(of: day)
            // Emptied in this transaction: the rows need no log where the server allows it, and no later freezing.
            try connection.execute("TRUNCATE \(name)")
            try connection.copyInText(ArchivedColumn.copyIn(file.columns, into: name)) { write in
                _ = try GzipReader.read(folder.file(file.file)) { piece in
                    try progress()
                    try write(piece)
                }
            }
            // With the parent's primary key and the day as a constraint, attaching scans nothing.
            try connection.execute(
                """
                ALTER TABLE \(name) ADD PRIMARY KEY (\(try primaryKey(of: table))),
                    ADD CONSTRAINT \(DayAttaching.constraint) CHECK
                    (captured_at >= '\(day) 00:00:00+00' AND captured_at < '\(day.next) 00:00:00+00')
                """)
            let loaded = try RowsDigest(of: name, columns: file.columns, on: connection)
            guard loaded == expected else {
                throw RoleError(
                    .badData,
                    """
                    the database has \(loaded.rows) rows with checksum \(loaded.checksum) after loading \
                    \(folder.file(file.file)), expected \(expected.rows) with \(expected.checksum): nothing was changed
                    """)
            }
        }
    }

    private func primaryKey(of table: ArchivedTable) throws -> String {
        let rows = try connection.query(
            """
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY array_position(indkey::int2[], attnum))
            FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
            WHERE indrelid = $1::regclass AND indisprimary
            """, [.text(table.rawValue)])
        guard let columns = rows[0][0] else {
            throw RoleError(.badData, "the table \(table) has no primary key")
        }
        return columns
    }
}
