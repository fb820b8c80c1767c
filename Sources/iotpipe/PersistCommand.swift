import Arguments
import Pipeline

/// `iotpipe persist`: the storing role.
enum PersistCommand {
    static let database = Option(
        "database", short: "d", optional: .database,
        help: "PostgreSQL, as psql takes it: postgresql://user@host/name, or key=value pairs."
    )
    .describingDefault("DATABASE_URL, else PGHOST, PGUSER, …")
    .secret(.connectionString(alternative: "a password file (PGPASSFILE)"))
    static let batch = Option(
        "batch", .integer(1...100_000), value: "MESSAGES", default: 2_000,
        help: "How many messages one transaction stores, at most.")
    static let batchDelay = Option(
        "batch-delay", .duration(.zero ... .seconds(60)), default: .milliseconds(100),
        help: "How long messages are collected for a transaction.")
    static let group = Option(
        "group", .text, value: "GROUP", default: "iotpipe-persist",
        help: "The consumer group; it also names the offsets stored in the database.")
    static let onOffsetGap = Option(
        "on-offset-gap",
        .choice(PersistOptions.OffsetGapPolicy.self) { policy in
            switch policy {
            case .fail: "stop with 65 and say what is missing"
            case .earliest: "go on from the earliest message that it holds"
            }
        },
        default: .fail, help: "What to do where the broker does not hold the offset that comes next.")

    static let command = Command(
        name: "persist", abstract: "store images and results in PostgreSQL, each exactly once",
        discussion: """
            Makes or migrates the tables at the start, then stores until SIGTERM: rows and consumed offsets in one \
            transaction. While the database is away it waits and loses nothing. What cannot be stored goes to the topic of \
            dead letters, and that topic to the table dead_letters.
            """,
        options: [database, batch, batchDelay, group, KafkaOptions.instanceID, onOffsetGap],
        groups: [KafkaOptions.group, TopicOptions.group, ServiceOptions.group],
        examples: [
            Command.Example("iotpipe persist --database postgresql://iot@localhost/iot", "store in the database iot"),
            Command.Example(
                "PGPASSFILE=pass iotpipe persist -d 'host=db user=iot sslmode=verify-full'",
                "with a password file, over TLS"),
        ],
        run: execute)

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        var options = PersistOptions(kafka: try KafkaOptions.memberConfiguration(arguments))
        options.database = arguments[database]
        options.topics = try TopicOptions.setup(arguments)
        options.group = arguments[group]
        options.batch = arguments[batch]
        options.batchDelay = arguments[batchDelay]
        options.onOffsetGap = arguments[onOffsetGap]
        options.drainTimeout = arguments[ServiceOptions.drainTimeout]
        options.connectTimeout = arguments[KafkaOptions.connectTimeout]
        let services = try ServiceOptions.services("persist", arguments)
        let summary = try ServiceOptions.serving(arguments, services) {
            try PersistRole(options: options, services: services).run()
        }
        services.logger.info("done: \(summary.text)")
        return ExitStatus.success.rawValue
    }
}
