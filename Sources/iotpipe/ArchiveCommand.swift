import Arguments
import Pipeline

/// `iotpipe archive`: whole days out of the database into files.
enum ArchiveCommand {
    static let olderThan = Option(
        "older-than", .duration(.zero...), default: .seconds(30 * 86_400),
        help: "Archive days that ended at least that long ago.")
    static let day = Option(
        "day", repeated: DayType.day, help: "Archive this day (UTC) in place of older ones; may be given several times."
    )
    static let output = Option(
        "output", short: "o", required: .directory, help: "The folder of the files; made where only it is missing.")
    static let dryRun = Option("dry-run", flag: false, help: "Say what would be done, and change nothing.")

    static let command = Command(
        name: "archive", abstract: "export old days to files, verify them, then drop their rows",
        discussion: """
            Writes images and results of a day (UTC) to images-DAY.csv.gz and inferences-DAY.csv.gz, CSV as PostgreSQL \
            writes it, with archive-DAY.json beside them: rows and checksums. The files are read again before the day's \
            partitions are dropped. A run that was cut off is taken up by the next one; a day that cannot be archived \
            is a line, and the others go on. Files of another database are never replaced, an older export of a day that \
            was restored is set aside. Events that come later for an archived day are dead letters.
            """,
        options: [PersistCommand.database, olderThan, day, output, dryRun],
        groups: [ServiceOptions.logGroup],
        examples: [
            Command.Example("iotpipe archive --older-than 60d --output /srv/archive", "all that is older than 60 days"),
            Command.Example("iotpipe archive -o /srv/archive --dry-run", "what the default would do"),
        ],
        run: execute)

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        var options = ArchiveOptions(output: arguments[output])
        options.database = arguments[PersistCommand.database]
        options.olderThan = arguments[olderThan]
        options.days = Set(arguments[day]).sorted()
        options.isDryRun = arguments[dryRun]
        options.version = Version.current
        let services = try ServiceOptions.services("archive", arguments)
        let summary = try ArchiveRole(options: options, services: services).run()
        Output.line(summary.text)
        return summary.status.rawValue
    }
}
