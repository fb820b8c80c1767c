import Postgres

extension DayPartitions {
    /// Keeps days from being archived until the transaction ends.
    ///
    /// - Returns: those among them that were archived before: their rows must not be stored.
    func lockAndCheck(_ days: Set<Int64>, on connection: Connection) throws -> Set<Int64> {
        guard !days.isEmpty else { return [] }
        let list = days.sorted().map { String($0) }.joined(separator: ",")
        // In one order everywhere, and before the look: whoever archives a day holds the lock while it puts the day in.
        try connection.query(
            "SELECT pg_advisory_xact_lock_shared(hashtext('iotpipe day'), day) FROM unnest($1::int[]) AS day ORDER BY day",
            [.text("{\(list)}")])
        let rows = try connection.query(
            "SELECT day - date '1970-01-01' FROM archived_days WHERE day - date '1970-01-01' = ANY($1::int[])",
            [.text("{\(list)}")])
        return Set(rows.compactMap { $0.int(0) })
    }
}
