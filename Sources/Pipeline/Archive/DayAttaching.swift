import Postgres

/// Makes a day's tables its partitions again.
struct DayAttaching {
    /// The name of the constraint that spares attaching a scan; it goes with it.
    static let constraint = "iotpipe_restored_day"

    let day: UTCDay
    let connection: Connection

    /// Attaches in a transaction of its own.
    func run(loaded: [ArchivedTable]) throws {
        try connection.transaction { try attach(loaded: loaded) }
    }

    /// Attaches what is not attached, and takes the mark away, in the transaction that is open.
    ///
    /// - Parameter loaded: tables that have their rows under the name for loading.
    func attach(loaded: [ArchivedTable]) throws {
        // Before the locks on the parents, as persist has them.
        try ArchivedDays(connection: connection).lock(day)
        let catalog = PartitionCatalog(connection: connection)
        for table in ArchivedTable.allCases {
            let name = table.partition(of: day)
            if loaded.contains(table) {
                let staging = table.staging(of: day)
                try connection.execute(
                    """
                    ALTER TABLE \(staging) RENAME TO \(name);
                    ALTER INDEX \(staging)_pkey RENAME TO \(name)_pkey
                    """)
            } else if try catalog.attachment(table, day) == .attached {
                continue
            }
            try giveToOwner(of: table, name)
            let bounds = ArchivedTable.bounds(of: day)
            try connection.execute("ALTER TABLE \(table) ATTACH PARTITION \(name) \(bounds)")
            for constraint in try bookkeeping(of: name) {
                try connection.execute("ALTER TABLE \(name) DROP CONSTRAINT \(constraint)")
            }
        }
        try ArchivedDays(connection: connection).remove(day)
    }

    /// A partition belongs to whom its table belongs to, whoever has restored it.
    private func giveToOwner(of table: ArchivedTable, _ name: String) throws {
        let rows = try connection.query(
            """
            SELECT quote_ident(pg_get_userbyid(parent.relowner)) FROM pg_class parent, pg_class mine
            WHERE parent.oid = $1::regclass AND mine.oid = $2::regclass AND parent.relowner <> mine.relowner
            """, [.text(table.rawValue), .text(name)])
        if let owner = rows.first?[0] { try connection.execute("ALTER TABLE \(name) OWNER TO \(owner)") }
    }

    /// The constraints that say what the bounds say: ours, and the one that the server makes of the bounds when it detaches
    /// a partition concurrently.
    private func bookkeeping(of name: String) throws -> [String] {
        try connection.query(
            """
            SELECT quote_ident(conname) FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'
            AND (conname = $2 OR conname ~ ('^' || $1 || '_captured_at_check[0-9]*$'))
            """, [.text(name), .text(DayAttaching.constraint)]
        ).compactMap { $0[0] }
    }
}
