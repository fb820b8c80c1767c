/// What went wrong with PostgreSQL: in words for people, as a code for programs.
///
/// No error carries a password, a parameter's value, or a row's contents: PostgreSQL's DETAIL is left out, and what
/// it quotes in a message about bad data is replaced by `…`.
public struct PostgresError: Error, Sendable, Equatable {
    /// The kinds of error that callers tell apart.
    public enum Code: String, Sendable, CaseIterable {
        /// No answer at the host and port, or at the socket.
        case unreachable
        /// The server refused the password, the user, or the way to authenticate (SQLSTATE class 28).
        case authentication
        /// The user may not do that (42501).
        case permission
        /// The database named does not exist (3D000).
        case noSuchDatabase
        /// The connection string or the TLS settings cannot work as given.
        case configuration
        /// The connection broke: what was under way may or may not have been committed.
        case connectionLost
        /// The server is starting up or shutting down, or an administrator ended the session (57P01 to 57P03).
        case unavailable
        /// A standby, or a server that was told to accept no writes (25006).
        case readOnly
        /// Too many clients already (53300).
        case tooManyConnections
        /// The server has no room left on its disk (53100).
        case diskFull
        /// Out of memory or another limit (the rest of class 53).
        case outOfResources
        /// A transaction that lost against another one (class 40 but for deadlocks).
        case serialization
        /// Two transactions waited for each other (40P01).
        case deadlock
        /// A lock was not to be had in time (55P03).
        case lockNotAvailable
        /// The statement was cancelled, by `Canceller` or a timeout (57014).
        case cancelled
        /// The same key is there already (23505).
        case uniqueViolation
        /// Another constraint was broken; also a row that belongs to no partition (the rest of class 23).
        case constraintViolation
        /// A value that the column's type cannot hold (class 22).
        case invalidValue
        /// A table, column, type or function that does not exist.
        case undefinedObject
        /// A table, column, type or schema that exists already.
        case duplicateObject
        /// The statement is wrong (the rest of class 42).
        case syntax
        /// The database's migrations are not those of this program.
        case migration
        /// No PostgreSQL server programs on this machine.
        case serverMissing
        /// A temporary cluster did not start.
        case cluster
        /// Anything else; `sqlState` says what.
        case other
    }

    /// The kind.
    public let code: Code
    /// PostgreSQL's five characters (appendix A of its manual); nil where the error was found on this side.
    public let sqlState: String?
    /// What, where, and what to do about it.
    public let message: String
    /// The statement's text, with `$1` where a parameter stood; nil where there was none.
    public let statement: String?
    /// The constraint that was broken, where the server named it.
    public let constraint: String?
    /// The table concerned, where the server named it; for a partition its own name.
    public let table: String?
    /// The column concerned, where the server named it.
    public let column: String?

    /// An error of the given kind. All but code and message may be left out.
    public init(
        _ code: Code, _ message: String, sqlState: String? = nil, statement: String? = nil, constraint: String? = nil,
        table: String? = nil, column: String? = nil
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.statement = statement
        self.constraint = constraint
        self.table = table
        self.column = column
    }

    /// Whether the same work may well succeed later, on a new connection, without anybody changing the request: the
    /// server is away, restarting, switching over, full or overloaded, or another transaction was in the way.
    public var isTransient: Bool {
        switch code {
        case .unreachable, .connectionLost, .unavailable, .readOnly, .tooManyConnections, .diskFull, .outOfResources,
            .serialization, .deadlock, .lockNotAvailable:
            true
        default: false
        }
    }
}

// MARK: - In words

extension PostgresError: CustomStringConvertible {
    /// The message on one line, with SQLSTATE and the start of the statement where there are any.
    public var description: String {
        var text = message
        if let sqlState { text += " [SQLSTATE \(sqlState)]" }
        if let statement {
            let line = statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            text += " in: " + (line.count > 160 ? line.prefix(160) + "…" : line)
        }
        return text
    }
}
