import Arguments
import Events
import Kafka
import Pipeline
import Telemetry

/// `iotpipe dead-letters`: what an operator does about messages that could not be processed.
enum DeadLettersCommand {
    static let command = Command(
        name: "dead-letters", abstract: "list, look at and replay what could not be processed",
        discussion: """
            persist stores every dead letter in the table dead_letters, where it waits for an operator: look at it, mend its \
            cause, and put the original back on its topic. An ID is TOPIC/PARTITION/OFFSET of the original.
            """,
        subcommands: [list, show, replay])

    // MARK: - list

    static let limit = Option(
        "limit", short: "n", .integer(1...1_000_000), value: "LETTERS", default: 100,
        help: "How many are listed, the latest first."
    ).withoutVariable()
    static let includeReplayed = Option(
        "all", flag: false, help: "Also those that were replayed and have not failed again."
    ).withoutVariable()
    static let json = Option("json", flag: false, help: "Print JSON.").withoutVariable()

    static let list = Command(
        name: "list", abstract: "list the dead letters that wait",
        discussion: "Prints the latest ones, and how many there are by error code.",
        options: [PersistCommand.database, limit, includeReplayed, json], groups: [DeadLetterFilterOptions.group],
        examples: [
            Command.Example("iotpipe dead-letters list --since 2h", "what failed in the last two hours"),
            Command.Example("iotpipe dead-letters list --error-code invalidValue --json", "for a script"),
        ],
        run: { arguments in
            let table = try DeadLetterTable(database: arguments[PersistCommand.database])
            var filter = DeadLetterFilterOptions.filter(arguments)
            filter.includesReplayed = arguments[includeReplayed]
            let listing = try DeadLetterListing(table, filter: filter, limit: arguments[limit])
            Output.line(arguments[json] ? try listing.json() : listing.text(columns: Output.columns))
            return ExitStatus.success.rawValue
        })

    // MARK: - show

    static let id = Positional("ID", DeadLetterFilterOptions.place, help: "The letter, as `list` shows it.")
    static let output = Option(
        "value", optional: .file(), value: "FILE", help: "Write the original's value to this file."
    ).withoutVariable()

    static let show = Command(
        name: "show", abstract: "show one dead letter with its headers",
        options: [PersistCommand.database, output, DeadLetterFilterOptions.cluster, json], positionals: [id],
        examples: [
            Command.Example(
                "iotpipe dead-letters show iot.images/0/42 --value picture.png", "all about it, its picture in a file"),
            Command.Example("iotpipe dead-letters show iot.images/0/42 --json", "for a script"),
        ],
        run: { arguments in
            let table = try DeadLetterTable(database: arguments[PersistCommand.database])
            let details = try DeadLetterDetails(
                table, id: arguments[id], cluster: arguments[DeadLetterFilterOptions.cluster])
            Output.line(arguments[json] ? try details.json() : details.text)
            if let path = arguments[output] { try details.writeValue(to: path) }
            return ExitStatus.success.rawValue
        })

    // MARK: - replay

    static let ids = Positional(
        "ID", repeated: DeadLetterFilterOptions.place, help: "Letters, as `list` shows them, replayed before or not.")
    static let all = Option("all", flag: false, help: "All that wait, or all of them that the filter lets through.")
        .withoutVariable()
    static let header = Option(
        "header", repeated: .assignment,
        help: "Set a header of each message to this value, or remove it where the value is empty."
    ).withoutVariable()
    static let input = Option(
        "value", optional: .file(), value: "FILE", help: "Send this file's content in place of the value."
    ).withoutVariable()
    static let isDryRun = Option("dry-run", flag: false, help: "Only say what would be sent.").withoutVariable()
    static let isForced = Option(
        "force", flag: false, help: "Send letters of another cluster, or of one that is not known, to this one."
    ).withoutVariable()

    static let replay = Command(
        name: "replay", abstract: "put originals back on their topics",
        discussion: """
            Sends key, value and headers as they were, but for --header and --value, and notes each letter as replayed once \
            the broker has acknowledged it. A message that was processed already is recognised by its ids and not stored \
            twice; one that fails again waits again, under the same ID. Ends with 0, with 75 where the broker did not \
            acknowledge everything, else with 65 where letters were refused (each is a line).
            """,
        options: [PersistCommand.database, all, header, input, isDryRun, isForced],
        groups: [
            DeadLetterFilterOptions.group, KafkaOptions.group,
            ServiceOptions.logGroup,
        ],
        positionals: [ids],
        examples: [
            Command.Example("iotpipe dead-letters replay --all --dry-run", "what would be sent"),
            Command.Example(
                "iotpipe dead-letters replay --error-code archivedDay --since 1d -b kafka:9092",
                "after the day was restored"),
            Command.Example(
                "iotpipe dead-letters replay iot.images/0/42 --header ce_label=apple",
                "with a mended header"),
        ],
        validate: { (arguments) throws(ArgumentError) in
            let isFiltered = DeadLetterFilterOptions.isGiven(arguments)
            if arguments[ids].isEmpty {
                guard isFiltered || arguments[all] else {
                    throw ArgumentError(.missingArgument, "say which: IDs, --all, or a filter such as --error-code")
                }
            } else if isFiltered || arguments[all] {
                throw ArgumentError(.conflict, "give either IDs, or --all and filters")
            }
            if arguments[input] != nil, arguments[ids].count != 1 {
                throw arguments.error(input, "one value is for one letter: give its ID")
            }
        },
        run: { arguments in
            let filter = DeadLetterFilterOptions.filter(arguments)
            var options = DeadLetterReplayOptions(
                kafka: try KafkaOptions.configuration(arguments),
                selection: arguments[ids].isEmpty ? .filter(filter) : .ids(arguments[ids]))
            options.database = arguments[PersistCommand.database]
            options.cluster = filter.cluster
            options.headers = arguments[header].map { ($0.name, $0.value) }
            options.valueFile = arguments[input]
            options.isDryRun = arguments[isDryRun]
            options.isForced = arguments[isForced]
            options.timeout = arguments[KafkaOptions.connectTimeout]
            let logger = try ServiceOptions.logger("dead-letters", arguments)
            let summary = try DeadLetterReplay(options: options, logger: logger, onLine: Output.line).run()
            Output.line(summary.text)
            return summary.status.rawValue
        })
}
