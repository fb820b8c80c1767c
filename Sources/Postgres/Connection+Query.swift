import CPQ

// MARK: - Statements

extension Connection {
    /// Runs one or more statements separated by semicolons, without parameters. Several together are one transaction.
    ///
    /// - Returns: how many rows the last one touched.
    @discardableResult
    public func execute(_ sql: String) throws(PostgresError) -> Int {
        try checked(PQexec(handle, sql), sql).affected
    }

    /// Runs several statements separated by semicolons in one round trip, without parameters.
    ///
    /// - Returns: the rows of the last one.
    public func queryLast(_ sql: String) throws(PostgresError) -> Rows {
        try checked(PQexec(handle, sql), sql)
    }

    /// Runs one statement; its parameters travel apart from its text, as bytes, and never need quoting.
    ///
    /// - Parameter sql: with `$1`, `$2` … for the parameters.
    /// - Returns: all rows at once, in memory.
    @discardableResult
    public func query(_ sql: String, _ parameters: [Parameter] = []) throws(PostgresError) -> Rows {
        let list = try ParameterList(parameters, statement: sql)
        let result = list.withArrays { types, values, lengths, formats in
            PQexecParams(handle, sql, Int32(parameters.count), types, values, lengths, formats, 0)
        }
        return try checked(result, sql)
    }

    /// Parses a statement once, to be run many times on this connection.
    public func prepare(_ sql: String) throws(PostgresError) -> PreparedStatement {
        let name = nextStatementName()
        _ = try checked(PQprepare(handle, name, sql, 0, nil), sql)
        return PreparedStatement(name: name, sql: sql, connection: self)
    }

    /// The result as rows where it succeeded.
    func checked(_ result: OpaquePointer?, _ sql: String?) throws(PostgresError) -> Rows {
        guard let result else { throw PostgresError(result: nil, connection: handle, statement: sql) }
        let rows = Rows(result)
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return rows
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            leaveCopy()
            throw PostgresError(.syntax, "COPY needs copyIn and FROM STDIN (FORMAT binary)", statement: sql)
        default: throw PostgresError(result: result, connection: handle, statement: sql)
        }
    }

    /// Ends a COPY that nobody will serve, so that the connection can be used again.
    private func leaveCopy() {
        PQputCopyEnd(handle, "not expected here")
        var row: UnsafeMutablePointer<CChar>?
        while PQgetCopyData(handle, &row, 0) > 0 { PQfreemem(row) }
        while let result = PQgetResult(handle) { PQclear(result) }
    }
}

// MARK: - Prepared statements

/// A statement that the server has parsed. It lives as long as its connection.
public final class PreparedStatement {
    private let name: String
    private let connection: Connection
    /// The statement's text.
    public let sql: String

    init(name: String, sql: String, connection: Connection) {
        self.name = name
        self.sql = sql
        self.connection = connection
    }

    /// Runs it.
    ///
    /// - Returns: all rows at once, in memory.
    @discardableResult
    public func query(_ parameters: [Parameter] = []) throws(PostgresError) -> Rows {
        let list = try ParameterList(parameters, statement: sql)
        let result = list.withArrays { _, values, lengths, formats in
            PQexecPrepared(connection.handle, name, Int32(parameters.count), values, lengths, formats, 0)
        }
        return try connection.checked(result, sql)
    }
}
