import FoundationEssentials
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
    func detach(_ day: UTCDay) throws {
        for table in ArchivedTable.allCases {
            try finishPending()
            guard try attachment(table, day) == .attached else { continue }
            try connection.execute("ALTER TABLE \(table) DETACH PARTITION \(table.partition(of: day)) CONCURRENTLY")
        }
    }

    /// Finishes detachings that were interrupted: a table can have one at a time, so each would block all days.
    ///
    /// - Parameter changesNothing: only looks for those that are not of an archived day.
    /// - Throws: `RoleError` (75) where one is not of an archived day: whoever began it has to end it.
    func finishPending(changesNothing: Bool = false) throws {
        let rows = try connection.query(
            """
            SELECT inhparent::regclass, inhrelid::regclass, relname, EXISTS (
                SELECT 1 FROM archived_days
                WHERE relname = inhparent::regclass::text || '_' || to_char(day, 'YYYY_MM_DD') AND state <> 'dropped')
            FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
            WHERE inhdetachpending AND inhparent IN (\(ArchivedTable.allCases.map { "'\($0)'::regclass" }
                .joined(separator: ", ")))
            """)
        for row in rows {
            let statement = "ALTER TABLE \(row[0] ?? "") DETACH PARTITION \(row[1] ?? "") FINALIZE"
            guard row.bool(3) == true else {
                throw RoleError(
                    .temporaryFailure,
                    """
                    \(row[1] ?? "") is half detached, and iotpipe did not begin that: no other partition of \(row[0] ?? "") can \
                    be detached meanwhile. Find out who began it, run \(statement), then try again
                    """)
            }
            if !changesNothing { try connection.execute(statement) }
        }
    }

    /// What would keep a day's tables from being dropped, such as a view on one of them, as the server describes it.
    func dependents(of day: UTCDay) throws(PostgresError) -> [String] {
        var found: [String] = []
        for table in ArchivedTable.allCases {
            let rows = try connection.query(
                """
                SELECT DISTINCT CASE WHEN rule.oid IS NULL THEN pg_describe_object(d.classid, d.objid, 0)
                    ELSE pg_describe_object('pg_class'::regclass, rule.ev_class, 0) END
                FROM pg_class c
                JOIN pg_depend d ON d.deptype = 'n' AND (d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
                    OR d.refclassid = 'pg_type'::regclass AND d.refobjid = c.reltype)
                LEFT JOIN pg_rewrite rule ON d.classid = 'pg_rewrite'::regclass AND rule.oid = d.objid
                LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
                WHERE c.oid = to_regclass($1) AND d.classid <> 'pg_attrdef'::regclass
                    AND coalesce(rule.ev_class, 0) <> c.oid AND coalesce(k.conrelid, 0) <> c.oid
                ORDER BY 1
                """, [.text(table.partition(of: day))])
            found += rows.map { "\($0[0] ?? "") on \(table.partition(of: day))" }
        }
        return found
    }

    /// Refuses a day whose tables could not be dropped in the end.
    ///
    /// - Throws: `RoleError` (65); `PostgresError`.
    func checkDependents(_ day: UTCDay) throws {
        let dependents = try dependents(of: day)
        guard !dependents.isEmpty else { return }
        throw RoleError(
            .badData,
            "the partitions of \(day) cannot be dropped while something depends on them: \(dependents.joined(separator: ", ")). "
                + "Drop that, or have it use the tables images and inferences")
    }

    /// Rows and checksum of a day's table.
    func digest(_ table: ArchivedTable, _ day: UTCDay) throws -> RowsDigest {
        let columns = try ArchivedColumn.all(of: table.rawValue, on: connection)
        return try RowsDigest(of: table.partition(of: day), columns: columns, on: connection)
    }

    /// The export that a day's rows were restored from; nil where they never left.
    func origin(of day: UTCDay) throws(PostgresError) -> UUID? {
        let comment = try connection.query(
            "SELECT obj_description(to_regclass($1), 'pg_class')", [.text(ArchivedTable.images.partition(of: day))])[0][
                0]
        guard let comment, comment.hasPrefix(PartitionCatalog.originPrefix) else { return nil }
        return UUID(uuidString: String(comment.dropFirst(PartitionCatalog.originPrefix.count)))
    }

    /// Notes at a day's table which export its rows were restored from.
    func setOrigin(_ export: UUID, of day: UTCDay) throws(PostgresError) {
        let comment = PartitionCatalog.originPrefix + export.uuidString.lowercased()
        try connection.execute("COMMENT ON TABLE \(ArchivedTable.images.partition(of: day)) IS '\(comment)'")
    }

    private static let originPrefix = "restored by iotpipe from export "
}
