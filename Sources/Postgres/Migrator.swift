/// One step of a schema: SQL that runs once per database, in a transaction of its own.
public struct Migration: Sendable, Equatable {
    /// Names it for ever: "0001 tables".
    public let name: String
    /// One or more statements. Once released they must never change.
    public let sql: String

    /// A step named `name`.
    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// Brings a database's schema up to date: each migration that it lacks, in order, each in one transaction.
///
/// The table `schema_migrations` says what was applied. Any number of processes may do this at once: an advisory lock,
/// held by each transaction, lets one go after the other. Where nothing is missing the user needs no right to create.
public struct Migrator: Sendable {
    /// The advisory lock's number: "iotpipe" in ASCII.
    static let lock: Int64 = 0x69_6F_74_70_69_70_65

    private let migrations: [Migration]

    /// - Parameter migrations: in order, their names all different.
    public init(_ migrations: [Migration]) {
        precondition(Set(migrations.map(\.name)).count == migrations.count, "two migrations have the same name")
        self.migrations = migrations
    }

    /// Applies what is missing.
    ///
    /// - Returns: the names applied by this call.
    /// - Throws: `.migration` where the database has migrations unknown here (a newer program made them), or other ones
    ///   under the same name; what a migration's SQL failed with, its name in front. Migrations before it stay applied.
    @discardableResult
    public func run(on connection: Connection) throws -> [String] {
        var applied: [String] = []
        while let name = try connection.transaction({ try applyNext(on: connection) }) { applied.append(name) }
        return applied
    }

    /// The names of the migrations that the database lacks. Changes nothing.
    ///
    /// - Throws: `.migration` as `run` does.
    public func pending(on connection: Connection) throws(PostgresError) -> [String] {
        migrations.dropFirst(try countApplied(on: connection)).map(\.name)
    }

    // MARK: Steps

    private func applyNext(on connection: Connection) throws(PostgresError) -> String? {
        try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(Migrator.lock)])
        let count = try countApplied(on: connection)
        guard count < migrations.count else { return nil }
        let migration = migrations[count]
        if count == 0 {
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    position integer PRIMARY KEY,
                    name text NOT NULL UNIQUE,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now())
                """)
        }
        do throws(PostgresError) {
            try connection.execute(migration.sql)
        } catch {
            throw error.inMigration(migration.name)
        }
        try connection.query(
            """
            INSERT INTO schema_migrations (position, name, checksum)
            VALUES ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))
            """, [.int(Int64(count + 1)), .text(migration.name), .text(migration.sql)])
        return migration.name
    }

    /// How many migrations are applied, once they are known to be the first ones of ours.
    private func countApplied(on connection: Connection) throws(PostgresError) -> Int {
        let table = try connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL")
        guard table.first?.bool(0) == true else { return 0 }
        let applied = try connection.query("SELECT name, checksum FROM schema_migrations ORDER BY position")
        for (index, row) in applied.enumerated() {
            let name = row[0] ?? ""
            guard index < migrations.count, migrations[index].name == name else {
                throw PostgresError(
                    .migration,
                    "\(connection.endpoint) has migration \"\(name)\" as number \(index + 1), which this iotpipe does "
                        + "not know: a newer version has been there. Use that version, or another database")
            }
            let checksum = try connection.query(
                "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')", [.text(migrations[index].sql)]
            ).first?[0]
            guard checksum == row[1] else {
                throw PostgresError(
                    .migration,
                    "migration \"\(name)\" of \(connection.endpoint) was applied with other SQL than this iotpipe "
                        + "has: the two are different builds. Use the build that made it, or another database")
            }
        }
        return applied.count
    }
}

extension PostgresError {
    fileprivate func inMigration(_ name: String) -> PostgresError {
        PostgresError(
            code, "migration \"\(name)\" failed: \(message)", sqlState: sqlState, statement: statement,
            constraint: constraint, table: table, column: column)
    }
}
