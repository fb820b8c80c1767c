import CPQ

/// The PostgreSQL client library that is loaded.
public enum PostgresLibrary {
    /// libpq's version, such as `15.14`.
    public static var version: String {
        let number = PQlibVersion()
        return "\(number / 10_000).\(number % 10_000)"
    }

    /// What keeps libpq from reading a URL, `key=value` pairs or a database's name; nil where it reads them. The text is not
    /// repeated where it may hold a password.
    public static func fault(inConnectionString text: String) -> String? {
        do throws(PostgresError) {
            _ = try ConnectionString(text)
            return nil
        } catch {
            return error.message
        }
    }
}
