/// What the restoring role is asked to do.
public struct RestoreOptions: Sendable {
    /// The database, as a URL or `key=value` pairs; nil leaves it to DATABASE_URL and libpq's PG* variables.
    public var database: String?
    /// The folder of the files; nil takes the one that the database remembers.
    public var input: String?
    /// The days.
    public var days: [UTCDay]

    /// - Parameter days: the days.
    public init(days: [UTCDay]) {
        self.days = days
    }
}
