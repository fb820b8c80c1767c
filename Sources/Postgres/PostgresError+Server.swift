import CPQ

// How libpq's and the server's words become a `PostgresError`.

// MARK: - SQLSTATE

extension PostgresError.Code {
    /// The kind that a SQLSTATE stands for (PostgreSQL's manual, appendix A).
    init(sqlState: String) {
        switch sqlState {
        case "08P01": self = .other
        case "23505": self = .uniqueViolation
        case "25006": self = .readOnly
        case "25P03", "40003", "57P05": self = .connectionLost
        case "3D000", "57P04": self = .noSuchDatabase
        case "3F000", "42P01", "42703", "42704", "42883": self = .undefinedObject
        case "40P01": self = .deadlock
        case "42501": self = .permission
        case "42P06", "42P07", "42701", "42710", "42723": self = .duplicateObject
        case "53100": self = .diskFull
        case "53300": self = .tooManyConnections
        case "55P03": self = .lockNotAvailable
        case "57014": self = .cancelled
        case "57P01", "57P02", "57P03": self = .unavailable
        default:
            switch sqlState.prefix(2) {
            case "08": self = .connectionLost
            case "22": self = .invalidValue
            case "23", "44": self = .constraintViolation
            case "28": self = .authentication
            case "40": self = .serialization
            case "42": self = .syntax
            case "53": self = .outOfResources
            default: self = .other
            }
        }
    }
}

// MARK: - A statement that failed

extension PostgresError {
    /// The error that a result carries, or the connection's own where the server said nothing.
    init(result: OpaquePointer?, connection: OpaquePointer, statement: String?) {
        func field(_ code: Character) -> String? {
            guard let text = PQresultErrorField(result, Int32(code.asciiValue ?? 0)) else { return nil }
            return String(cString: text)
        }
        guard let sqlState = field("C") else {
            // The server gives each of its errors a SQLSTATE; what comes without is libpq's word that it cannot go on with
            // the connection, whose status may still be good.
            let text = PostgresError.oneLine(String(cString: PQerrorMessage(connection)))
            self.init(
                .connectionLost, "lost the connection to PostgreSQL at \(PostgresError.place(of: connection)): \(text)",
                statement: statement)
            return
        }
        let code = Code(sqlState: sqlState)
        var message = field("M") ?? "error"
        if code == .invalidValue { message = PostgresError.hidingQuoted(message) }
        if let hint = field("H") { message += ". " + hint }
        if code == .permission {
            message += ". Grant user \(String(cString: PQuser(connection))) that right, or connect as another"
        }
        self.init(
            code, PostgresError.oneLine(message), sqlState: sqlState, statement: statement, constraint: field("n"),
            table: field("t"), column: field("c"))
    }

    /// "HOST, port N", or the socket's folder.
    static func place(of connection: OpaquePointer) -> String {
        let host = PQhost(connection).map { String(cString: $0) } ?? ""
        let port = PQport(connection).map { String(cString: $0) } ?? ""
        return host.hasPrefix("/") ? "socket \(host)/.s.PGSQL.\(port)" : "\(host), port \(port)"
    }

    /// Every piece in double quotes replaced by `"…"`: bad data is quoted so.
    static func hidingQuoted(_ text: String) -> String {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .map { $0.offset % 2 == 1 ? "…" : String($0.element) }
            .joined(separator: "\"")
    }

    /// Lines joined by spaces.
    static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline)
            .map { $0.drop(while: \.isWhitespace) }
            .joined(separator: " ")
    }
}

// MARK: - A connection that was not made

extension PostgresError {
    /// Why no connection came about. libpq tells the server's SQLSTATE in its text alone, where that is verbose:
    /// `connection to server at "db", port 5432 failed: FATAL:  28P01: password authentication failed for user "x"`.
    init(failedConnection connection: OpaquePointer) {
        let text = String(cString: PQerrorMessage(connection))
        var lines: [String] = []
        var sqlState: String?
        // Indented lines are libpq's own advice; ours names our options.
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("LOCATION:") && !line.hasPrefix("\t")
        {
            let parts = line.split(separator: ": ", omittingEmptySubsequences: false)
                .map { $0.drop(while: \.isWhitespace) }
            let state = parts.first(where: PostgresError.isSQLState)
            if let state { sqlState = String(state) }
            let words = parts.filter { $0 != state }.joined(separator: ": ")
            if words.hasPrefix("connection to server"), !lines.isEmpty { lines[lines.count - 1] += ";" }
            lines.append(words)
        }
        let message = "cannot connect to PostgreSQL: " + lines.joined(separator: " ")
        if let sqlState {
            let code = Code(sqlState: sqlState)
            self.init(
                code == .connectionLost ? .unreachable : code, message + code.adviceForConnecting, sqlState: sqlState)
            return
        }
        let code: Code =
            if message.contains("no password supplied") {
                .authentication
            } else if lines.first?.hasPrefix("invalid ") == true || message.contains("SSL")
                || message.contains("certificate")
            {
                .configuration
            } else {
                .unreachable
            }
        self.init(code, message + code.adviceForConnecting)
    }

    /// Five digits and capitals with a digit among them, which "FATAL" has not.
    private static func isSQLState(_ text: Substring) -> Bool {
        text.utf8.count == 5 && text.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) }
            && text.contains(where: \.isNumber)
    }
}

extension PostgresError.Code {
    fileprivate var adviceForConnecting: String {
        switch self {
        case .unreachable: ". Check that the server runs and that host and port in --database or DATABASE_URL are right"
        case .authentication:
            ". Check user and password in --database, DATABASE_URL, PGPASSWORD or ~/.pgpass, and the server's pg_hba.conf"
        case .permission: ". Grant the user CONNECT on that database"
        case .noSuchDatabase: ". Create it with createdb, or name another in --database or DATABASE_URL"
        case .configuration: ". Check the options in --database or DATABASE_URL, sslmode and certificates among them"
        default: ""
        }
    }
}
