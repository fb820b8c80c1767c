/// What the archiving role is asked to do.
public struct ArchiveOptions: Sendable {
    /// The database, as a URL or `key=value` pairs; nil leaves it to DATABASE_URL and libpq's PG* variables.
    public var database: String?
    /// The folder of the files; made where only it is missing.
    public var output: String
    /// Days that ended at least that long ago.
    public var olderThan = Duration.seconds(30 * 86_400)
    /// These days in place of older ones.
    public var days: [UTCDay] = []
    /// Say what would be done and change nothing.
    public var isDryRun = false
    /// The program's version, for the manifest.
    public var version = ""

    /// - Parameter output: the folder of the files.
    public init(output: String) {
        self.output = output
    }
}
