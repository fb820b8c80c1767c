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
            let bounds = ArchivedTable.bounds(of: day)
            try connection.execute(
                """
                ALTER TABLE \(table) ATTACH PARTITION \(name) \(bounds);
                ALTER TABLE \(name) DROP CONSTRAINT IF EXISTS \(DayAttaching.constraint)
                """)
        }
        try ArchivedDays(connection: connection).remove(day)
    }
}
