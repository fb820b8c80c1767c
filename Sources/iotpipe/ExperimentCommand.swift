import Arguments
import Glibc
import Pipeline
import Telemetry
import Threads

/// `iotpipe experiment`: the CDF experiment as one command.
enum ExperimentCommand {
    static let infers = Option(
        "infer", .list(of: .integer(0...64)), value: "LIST", default: [1],
        help: """
            Instances of infer: one set of runs for each number. 0 starts neither infer nor persist, and sends to a pipeline \
            that runs already.
            """)
    static let rates = Option(
        "rate", short: "r", repeated: .rate, value: "RATE",
        help:
            "Images a second from each producer; several are one set of runs each. Without, the most producers together "
            + "offer 80 % of the capacity, which is measured first.")
    static let arrival = Option(
        "arrival", .choice(Arrival.self), default: .constant, help: "How the images follow one another.")
    static let warmUp = Option(
        "warm-up", .duration(.zero ... .seconds(3_600)), default: .seconds(5),
        help: "Images of that long at the start of a run do not count.")
    static let window = Option(
        "window", .duration(.milliseconds(500) ... .seconds(3_600)), default: .seconds(5),
        help: "A run ends when three windows of that length in a row are within 10 % of each other.")
    static let timeLimit = Option(
        "time-limit", .duration(.seconds(1) ... .seconds(86_400)), default: .seconds(60),
        help: "A run that does not become stable ends after that long.")
    static let limit = Option(
        "limit", optional: .latencyLimit, help: "What an acceptable run keeps, such as p99=250ms.")
    static let findMaxRate = Option(
        "find-max-rate", flag: false, help: "Search the highest rate that keeps --limit.")
    static let targetRate = Option(
        "target-rate", optional: .rate, help: "Say how many instances of infer so many images a second need.")
    static let conditions = Option(
        "condition", repeated: .text, value: "TEXT",
        help: "Say so in the report, and go on with an experiment that was cut off only where it is said again.")
    static let output = Option(
        "output", short: "o", .directory, value: "FOLDER", default: "iotpipe-experiment",
        help: "Where everything is left. An experiment that was cut off there goes on with the run that it was in.")

    static let externalRoles = Option(
        "external-roles", flag: false,
        help: """
            Start no role: ask for them on standard output, and read on standard input how it went. For programs such as \
            compose/experiment, which answers with docker compose up --scale.
            """)

    static let command = Command(
        name: "experiment", abstract: "measure capacity, latency and scaling, and write a report",
        discussion: """
            Measures how many images a second the pipeline answers, then runs 1, 2, 3 and 4 producers, each until its figures \
            are stable, and draws their latencies. Leaves one folder: report.html, report.md, cdf.png, cdf.svg, each run's CSV \
            files and histograms, and all that was found in experiment.json and runs/*/run.json. The report begins with its \
            answer: so many images a second within such a latency. Runs everything on this machine, on servers of its own \
            unless others are given.
            """,
        options: [
            DemoCommand.producers, infers, rates, arrival, DemoCommand.devices, DatasetOptions.dataset, warmUp, window,
            timeLimit, limit,
            findMaxRate, targetRate, externalRoles, conditions, output,
        ],
        groups: [
            OptionGroup("Model", modelOptions),
            LocalServers.group, ServiceOptions.progressGroup,
        ],
        examples: [
            Command.Example("iotpipe experiment", "1 to 4 producers on this machine alone, in some minutes"),
            Command.Example(
                "iotpipe experiment -b kafka:9092 --limit p99=250ms --find-max-rate",
                "the most images a second with 99 % of them answered within 250 ms"),
        ],
        validate: { (arguments) throws(ArgumentError) in
            for option in [DemoCommand.producers, infers] {
                try arguments.requireDistinct(option, "each number is one set of runs")
            }
            if arguments[findMaxRate], arguments[limit] == nil {
                throw arguments.error(
                    findMaxRate, "the rate is searched that keeps --limit: give one, such as p99=250ms")
            }
            if arguments[externalRoles] {
                guard arguments[LocalServers.bootstrapServer] != nil else {
                    throw arguments.error(externalRoles, "name the brokers of the pipeline with --bootstrap-server")
                }
                for option in modelOptions where arguments.isGiven(option) {
                    throw arguments.error(
                        externalRoles, "--\(option.info.name) is for infer: give it to whoever starts infer")
                }
            }
            if arguments[infers].contains(0), arguments[LocalServers.bootstrapServer] == nil {
                throw arguments.error(
                    infers, "0 is for a pipeline that runs already: name its brokers with --bootstrap-server")
            }
        },
        run: execute)

    private static let modelOptions: [any AnyOption] = [
        ModelOptions.weights, ModelOptions.precision, ModelOptions.batch, InferCommand.batchDelay, ModelOptions.streams,
        ModelOptions.threads,
    ]

    /// The options of infer that were given, beside the weights.
    private static func inferArguments(_ arguments: ParsedArguments) -> [String] {
        let texts: [(any AnyOption, String?)] = [
            (ModelOptions.precision, arguments[ModelOptions.precision].rawValue),
            (ModelOptions.batch, "\(arguments[ModelOptions.batch])"),
            (InferCommand.batchDelay, arguments[InferCommand.batchDelay].argumentText),
            (ModelOptions.streams, arguments[ModelOptions.streams].map(String.init)),
            (ModelOptions.threads, arguments[ModelOptions.threads].map(String.init)),
        ]
        return texts.flatMap { option, text in
            text.map { arguments.isGiven(option) ? ["--\(option.info.name)", $0] : [] } ?? []
        }
    }

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        var setup = try LocalServers.pipeline(arguments)
        setup.weights = arguments[ModelOptions.weights]
        setup.inferArguments = inferArguments(arguments)
        setup.needsDatabase = arguments[infers].contains { $0 > 0 } && !arguments[externalRoles]
        var settings = ExperimentSettings()
        settings.producers = arguments[DemoCommand.producers]
        settings.infers = arguments[infers]
        settings.rates = arguments[rates].map(\.perSecond)
        settings.arrival = arguments[arrival].rawValue
        settings.devices = arguments[DemoCommand.devices]
        settings.dataset = arguments[DatasetOptions.dataset]
        settings.inferArguments = setup.allInferArguments
        settings.bootstrapServers = setup.bootstrapServers
        settings.isScaledOutside = arguments[externalRoles]
        settings.conditions = arguments[conditions]
        settings.usesGivenDatabase = setup.database != nil
        settings.warmUp = arguments[warmUp].inSeconds
        settings.window = arguments[window].inSeconds
        settings.timeLimit = arguments[timeLimit].inSeconds
        settings.limit = arguments[limit]
        settings.findsMaxRate = arguments[findMaxRate]
        settings.targetRate = arguments[targetRate]?.perSecond
        StopSignal.shared.install()
        try ServiceOptions.placeProgress(arguments)
        let progress = ProgressLine()
        defer { progress.finish() }
        let role = ExperimentRole(
            settings: settings, setup: setup, output: arguments[output], version: Version.current,
            note: { if !arguments[ServiceOptions.quiet] { ErrorOutput.standard.write(line: $0) } },
            show: { progress.update($0) }, say: { Output.line($0) })
        let found = try role.run()
        progress.finish()
        guard let found else {
            Output.writeError("iotpipe experiment: stopped; the same command goes on from here\n")
            return 128 + SIGINT
        }
        Output.line(found.answer)
        for file in found.files { Output.line(file) }
        return ExitStatus.success.rawValue
    }
}
