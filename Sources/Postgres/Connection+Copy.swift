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
        try serveCopyIn(sql, isBinary: true) { columns in
            var writer = CopyWriter(handle, columns: columns, statement: sql)
            try body(&writer)
            try writer.finish()
        }
    }

    /// Streams bytes in PostgreSQL's text or CSV format into a table.
    ///
    /// - Parameters:
    ///   - sql: `COPY table (columns) FROM STDIN (FORMAT csv)`.
    ///   - body: calls its argument with the bytes, in pieces of any size. Where it throws, the COPY fails as a whole.
    /// - Returns: how many rows were stored.
    @discardableResult
    public func copyInText(
        _ sql: String, _ body: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> Int {
        try serveCopyIn(sql, isBinary: false) { _ in
            try body { bytes in
                guard !bytes.isEmpty else { return }
                let data = bytes.assumingMemoryBound(to: CChar.self).baseAddress
                guard PQputCopyData(handle, data, Int32(bytes.count)) == 1 else {
                    throw PostgresError(result: nil, connection: handle, statement: sql)
                }
            }
        }
    }

    /// Streams rows out of the server; memory holds one of them at a time.
    ///
    /// - Parameters:
    ///   - sql: `COPY table TO STDOUT`, in any format.
    ///   - body: called with each piece (a row, or the header), good for the call alone. Where it throws, the COPY is
    ///     cancelled.
    /// - Returns: how many rows there were.
    @discardableResult
    public func copyOut(_ sql: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
        let start = PQexec(handle, sql)
        guard PQresultStatus(start) == PGRES_COPY_OUT else {
            _ = try checked(start, sql)
            throw PostgresError(.syntax, "copyOut needs COPY … TO STDOUT", statement: sql)
        }
        PQclear(start)
        do {
            while let row = try nextCopyRow(sql) {
                defer { PQfreemem(UnsafeMutableRawPointer(mutating: row.baseAddress)) }
                try body(row)
            }
        } catch {
            Canceller(handle)?.cancel()
            while let row = try? nextCopyRow(sql) { PQfreemem(UnsafeMutableRawPointer(mutating: row.baseAddress)) }
            while let result = PQgetResult(handle) { PQclear(result) }
            throw error
        }
        return try copyOutcome(sql).get()
    }

    /// The next piece, to be freed by the caller; nil at the end.
    private func nextCopyRow(_ sql: String) throws(PostgresError) -> UnsafeRawBufferPointer? {
        var row: UnsafeMutablePointer<CChar>?
        let count = PQgetCopyData(handle, &row, 0)
        guard count != -1 else { return nil }
        guard count >= 0 else { throw PostgresError(result: nil, connection: handle, statement: sql) }
        return UnsafeRawBufferPointer(start: row, count: Int(count))
    }

    /// Begins a COPY, has `body` send what it needs, and ends it.
    private func serveCopyIn(_ sql: String, isBinary: Bool, _ body: (_ columns: Int) throws -> Void) throws -> Int {
        let start = PQexec(handle, sql)
        let hasFormat = (PQbinaryTuples(start) == 1) == isBinary
        let columns = Int(PQnfields(start))
        guard PQresultStatus(start) == PGRES_COPY_IN, hasFormat else {
            _ = try checked(start, sql)
            let (call, format) = isBinary ? ("copyIn", "binary") : ("copyInText", "csv")
            throw PostgresError(.syntax, "\(call) needs COPY … FROM STDIN (FORMAT \(format))", statement: sql)
        }
        PQclear(start)
        do {
            try body(columns)
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
