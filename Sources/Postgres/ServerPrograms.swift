import Glibc

/// PostgreSQL's server programs on this machine.
public struct ServerPrograms: Sendable, Equatable {
    /// The folder that holds `initdb` and `postgres`.
    public let folder: String

    /// Looks along PATH, then where `pg_config` says, then in Debian's, Red Hat's and PostgreSQL's own places, the
    /// newest version first.
    ///
    /// - Throws: `.serverMissing`, saying what to install.
    public init() throws(PostgresError) {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        let patterns = ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"]
        let folders =
            path.split(separator: ":").map { String($0) } + ServerPrograms.configured()
            + patterns.flatMap { ServerPrograms.matching($0) }
        for folder in folders {
            // A link leads to the folder where the programs find each other and their share files.
            guard let program = ServerPrograms.resolved(folder + "/initdb"), let slash = program.lastIndex(of: "/")
            else { continue }
            let real = String(program[..<slash])
            if access(real + "/initdb", X_OK) == 0, access(real + "/postgres", X_OK) == 0 {
                self.folder = real
                return
            }
        }
        throw PostgresError(
            .serverMissing,
            "no PostgreSQL server on this machine (initdb and postgres are neither on PATH nor under "
                + "/usr/lib/postgresql). Install one (Debian: apt-get install postgresql), or name a server's database "
                + "with --database")
    }

    private static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    private static func configured() -> [String] {
        guard let output = popen("pg_config --bindir 2>/dev/null", "r") else { return [] }
        defer { pclose(output) }
        var line = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = fread(&line, 1, line.count, output)
        return String(decoding: line.prefix(count), as: UTF8.self).split(whereSeparator: \.isNewline).map { String($0) }
    }

    /// The folders that a pattern matches, the highest number in them first.
    private static func matching(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        let folders = (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
        func version(_ folder: String) -> Double { Double(folder.filter { $0.isNumber || $0 == "." }) ?? 0 }
        return folders.sorted { version($0) > version($1) }
    }
}
