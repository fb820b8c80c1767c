import CPQ
import Glibc

/// Where to connect to, by libpq's own conventions: a URL, `key=value` pairs, or a database's name.
struct ConnectionString {
    /// What libpq gets; empty means PG* variables and defaults alone.
    let text: String

    /// - Parameter given: nil or empty takes DATABASE_URL; where that is not set either, PG* variables alone count.
    /// - Throws: `.configuration` for what libpq cannot read. The text itself is not shown where it may hold a password.
    init(_ given: String?) throws(PostgresError) {
        let fromCaller = given.flatMap { $0.isEmpty ? nil : $0 }
        text = fromCaller ?? getenv("DATABASE_URL").map { String(cString: $0) } ?? ""
        try check(source: fromCaller == nil ? "DATABASE_URL" : "the database connection string")
    }

    private var isURL: Bool { text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") }

    private func check(source: String) throws(PostgresError) {
        if text.contains("://"), !isURL, !text.contains("=") {
            throw PostgresError(
                .configuration, "\(source) is no PostgreSQL URL: it must start with postgresql:// or postgres://")
        }
        guard isURL || text.contains("=") else { return try checkName(text, source: source) }
        var failure: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &failure) else {
            let reason = failure.map { PostgresError.oneLine(String(cString: $0)) } ?? "out of memory"
            PQfreemem(failure)
            // What libpq quotes may be a piece of a password that was not escaped.
            let mayHoldPassword = text.contains("password") || text.contains("@")
            throw PostgresError(
                .configuration,
                "\(source) cannot be read: \(mayHoldPassword ? PostgresError.hidingQuoted(reason) : reason). Give "
                    + "postgresql://USER@HOST:PORT/DATABASE or key=value pairs, quoting values with spaces in '…'")
        }
        defer { PQconninfoFree(options) }
        let values = ConnectionString.values(of: options)
        guard isURL else {
            for keyword in ["dbname", "host"] {
                try checkName(values[keyword] ?? "", source: "\(keyword) in \(source)")
            }
            return
        }
        let portIsNumber = (values["port"] ?? "").utf8.allSatisfy { $0 == 0x2C || (0x30...0x39).contains($0) }
        let strayed = ["host", "dbname"].contains { values[$0]?.contains("@") == true }
        if strayed || !portIsNumber {
            throw PostgresError(
                .configuration,
                "\(source) has no readable host, port and database: a password with @, : or / in it must be "
                    + "percent-encoded (%40, %3A, %2F)")
        }
    }

    /// Refuses a name that looks like a piece of a URL: servers and libpq repeat names, passwords in them too.
    private func checkName(_ name: String, source: String) throws(PostgresError) {
        let lower = name.lowercased()
        let isScheme = ["postgresql:", "postgres:"].contains { lower.hasPrefix($0) }
        guard isScheme || lower.contains("://") || lower.contains("@") && lower.contains(where: { ":/".contains($0) })
        else { return }
        throw PostgresError(
            .configuration,
            "\(source) is neither a plain name nor a PostgreSQL URL: a URL is "
                + "postgresql://USER@HOST:PORT/DATABASE, with two slashes after the colon")
    }

    /// The options that are set, by keyword.
    static func values(of options: UnsafeMutablePointer<PQconninfoOption>?) -> [String: String] {
        var values: [String: String] = [:]
        var next = options
        while let option = next, let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            next = option + 1
        }
        return values
    }
}
