import Postgres

/// What the server knows of the day partitions.
struct PartitionCatalog {
    /// How a day's table stands to its parent.
    enum Attachment: Equatable {
        case attached
        /// A former `DETACH … CONCURRENTLY` was interrupted.
        case pending
        /// A table of its own.
        case standalone
        case missing
    }

    let connection: Connection

    /// The days whose two partitions are attached, the earliest first, and the names of partitions that persist did not
    /// make or that lack their other half.
    func days() throws(PostgresError) -> (days: [UTCDay], strange: [String]) {
        var found: [ArchivedTable: Set<UTCDay>] = [:]
        var strange: [String] = []
        for table in ArchivedTable.allCases {
            let rows = try connection.query(
                """
                SELECT relname, pg_get_expr(relpartbound, c.oid), inhdetachpending FROM pg_inherits
                JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = $1::regclass
                """, [.text(table.rawValue)])
            for row in rows {
                let name = row[0] ?? ""
                if let day = table.day(ofPartition: name), row[1] == ArchivedTable.bounds(of: day), row.bool(2) == false
                {
                    found[table, default: []].insert(day)
                } else {
                    strange.append(name)
                }
            }
        }
        let (images, inferences) = (found[.images, default: []], found[.inferences, default: []])
        strange += images.subtracting(inferences).map { ArchivedTable.images.partition(of: $0) }
        strange += inferences.subtracting(images).map { ArchivedTable.inferences.partition(of: $0) }
        return (images.intersection(inferences).sorted(), strange.sorted())
    }

    /// How a day's table stands now.
    func attachment(_ table: ArchivedTable, _ day: UTCDay) throws(PostgresError) -> Attachment {
        let row = try connection.query(
            """
            SELECT to_regclass($2) IS NOT NULL,
                (SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = to_regclass($2)
                    AND inhparent = $1::regclass)
            """, [.text(table.rawValue), .text(table.partition(of: day))])[0]
        guard row.bool(0) == true else { return .missing }
        return row.bool(1).map { $0 ? .pending : .attached } ?? .standalone
    }

    /// The bytes of a day's tables with their indices.
    func bytes(_ day: UTCDay) throws(PostgresError) -> Int {
        var sum = 0
        for table in ArchivedTable.allCases {
            let rows = try connection.query(
                "SELECT pg_total_relation_size(to_regclass($1))", [.text(table.partition(of: day))])
            sum += Int(rows[0].int(0) ?? 0)
        }
        return sum
    }

    /// Takes a day's partitions off their tables, without keeping anybody from them. Partitions that are off already stay.
    func detach(_ day: UTCDay) throws(PostgresError) {
        for table in ArchivedTable.allCases {
            let alter = "ALTER TABLE \(table) DETACH PARTITION \(table.partition(of: day))"
            switch try attachment(table, day) {
            case .attached: try connection.execute("\(alter) CONCURRENTLY")
            case .pending: try connection.execute("\(alter) FINALIZE")
            case .standalone, .missing: break
            }
        }
    }
}
