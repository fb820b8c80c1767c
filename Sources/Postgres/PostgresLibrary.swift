import CPQ

/// The PostgreSQL client library that is loaded.
public enum PostgresLibrary {
    /// libpq's version, such as `15.14`.
    public static var version: String {
        let number = PQlibVersion()
        return "\(number / 10_000).\(number % 10_000)"
    }
}
