import CPQ

// MARK: - COPY

extension Connection {
    /// Streams rows into a table.
    ///
    /// - Parameters:
    ///   - sql: `COPY table (columns) FROM STDIN (FORMAT binary)`.
    ///   - body: writes the rows. Where it throws, the COPY fails as a whole and so does the transaction around it.
    /// - Returns: how many rows were stored.
    /// - Throws: what `body` threw, or a `PostgresError`: a row that the server refuses shows only at the end.
    @discardableResult
    public func copyIn(_ sql: String, _ body: (inout CopyWriter) throws -> Void) throws -> Int {
        let start = PQexec(handle, sql)
        let isBinary = PQbinaryTuples(start) == 1
        let columns = Int(PQnfields(start))
        guard PQresultStatus(start) == PGRES_COPY_IN, isBinary else {
            _ = try checked(start, sql)
            throw PostgresError(.syntax, "copyIn needs COPY … FROM STDIN (FORMAT binary)", statement: sql)
        }
        PQclear(start)

        do {
            var writer = CopyWriter(handle, columns: columns, statement: sql)
            try body(&writer)
            try writer.finish()
        } catch {
            PQputCopyEnd(handle, "given up by the client")
            let refusal = copyOutcome(sql)
            // Where the connection broke, the server's last words say more than ours.
            if (error as? PostgresError)?.code == .connectionLost, case .failure(let reason) = refusal { throw reason }
            throw error
        }
        PQputCopyEnd(handle, nil)
        return try copyOutcome(sql).get()
    }

    /// The server's verdict: the rows stored, or the first error.
    private func copyOutcome(_ sql: String) -> Result<Int, PostgresError> {
        var outcome: Result<Int, PostgresError>?
        while let result = PQgetResult(handle) {
            if case .failure = outcome {
                PQclear(result)
                continue
            }
            do throws(PostgresError) {
                outcome = .success(try checked(result, sql).affected)
            } catch {
                outcome = .failure(error)
            }
        }
        return outcome ?? .failure(PostgresError(result: nil, connection: handle, statement: sql))
    }
}
