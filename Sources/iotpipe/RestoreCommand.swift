import Arguments
import Pipeline

/// `iotpipe restore`: archived days back into the database.
enum RestoreCommand {
    static let day = Option(
        "day", repeated: DayType.day, help: "The day (UTC); may be given several times.")
    static let input = Option(
        "input", short: "i", optional: .directory, help: "The folder of the files."
    )
    .describingDefault("the one that they were written to")

    static let command = Command(
        name: "restore", abstract: "put archived days back into the database",
        discussion: """
            Compares the files with their manifest, loads them beside the tables, compares the rows with the manifest again, \
            and makes them partitions: all or nothing, so it can be run again after whatever cut it off. Events of the day \
            are stored again. A day whose archiving was cut off needs no files: its partitions go back as they are.
            """,
        options: [PersistCommand.database, day, input],
        groups: [ServiceOptions.logGroup],
        examples: [
            Command.Example("iotpipe restore --day 2026-11-01 --input /srv/archive", "one day"),
            Command.Example("iotpipe restore --day 2026-11-01 --day 2026-11-02 --input /srv/archive", "two days"),
        ],
        run: execute)

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        guard !arguments[day].isEmpty else {
            throw ArgumentError(.missingOption, "--day is missing: name the day to restore, such as --day 2026-11-01")
        }
        var options = RestoreOptions(days: Set(arguments[day]).sorted())
        options.database = arguments[PersistCommand.database]
        options.input = arguments[input]
        let services = try ServiceOptions.services("restore", arguments)
        for line in try RestoreRole(options: options, services: services).run() { Output.line(line) }
        return ExitStatus.success.rawValue
    }
}
