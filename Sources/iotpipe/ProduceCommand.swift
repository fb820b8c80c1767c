import Arguments
import Pipeline
import Telemetry

/// `iotpipe produce`: simulated devices.
enum ProduceCommand {
    static let rate = Option(
        "rate", short: "r", .rateRamp, default: .constant(.perSecond(20)),
        help: "Images a second from all devices of this producer together; 10..200/30s goes from 10 to 200 a second "
            + "within 30 s of the end of the warm-up, and on at 200.")
    static let arrival = Option(
        "arrival",
        .choice(Arrival.self) { arrival in
            switch arrival {
            case .constant: "evenly spaced"
            case .poisson: "at random, as from many independent devices"
            }
        },
        default: .constant, help: "How the images follow one another.")
    static let closedLoop = Option(
        "closed-loop", optional: .integer(1...), value: "N",
        help: "Send the next image only while fewer than N wait for their results, in place of a rate. For finding the "
            + "capacity: its latencies hide stalls (coordinated omission), since nothing is planned while all wait.")
    static let warmUp = Option(
        "warm-up", .duration(.zero ... .seconds(86_400)), default: .zero,
        help: "Images of that long from the start on do not count in latencies and figures; --count and --duration "
            + "begin after it.")
    static let count = Option(
        "count", short: "n", optional: .integer(1...), value: "IMAGES", help: "Stop after that many images."
    )
    .describingDefault("no limit")
    static let duration = Option(
        "duration", optional: .duration(.milliseconds(1)...), help: "Stop after that long."
    )
    .describingDefault("no limit")
    static let devices = Option(
        "devices", .integer(1...1_000_000), default: 100, help: "Simulated devices, which take turns.")
    static let imageSize = Option(
        "image-size", optional: .size(1...8_192),
        help: "Bring each image to this size: 32x32 is about 2.5 kB, 360x360 100 kB, 1450x1450 some 800 kB."
    )
    .describingDefault("as in the dataset")
    static let latencies = Option(
        "latencies", short: "o", optional: .file(extensions: ["csv"]), value: "FILE",
        help: """
            Write a CSV row for each image to this file; `iotpipe cdf FILE` draws it. In a folder each producer and each \
            start has a file of its own.
            """)
    static let journal = Option(
        "journal", optional: .file(), value: "FILE",
        help: "Append the id of each image to this file, a line each, as soon as the broker has it.")
    static let run = Option("run", .text, value: "NAME", default: "run", help: "Name of the run in that file.")
    static let producers = Option(
        "producers", .integer(1...10_000), default: 1,
        help: "How many producers take part in the run: the label of its curve.")
    static let producer = Option(
        "producer", optional: .text, value: "NAME",
        help: "Name of this producer and start of its device ids: each producer needs its own."
    )
    .describingDefault("the host's name")
    static let spool = Option(
        "spool", optional: .directory, value: "FOLDER",
        help: "Keep images that the broker does not take here, and send them once it does: in this run or the next."
    )
    static let spoolLimit = Option(
        "spool-limit", .bytes((1 << 20)...), default: 1 << 30,
        help: "What the spool may take up; images beyond are lost, counted and listed.")
    static let resultTimeout = Option(
        "result-timeout", .duration(.milliseconds(1)...), default: .seconds(30),
        help: "An image without a result after that long counts as timed out.")
    static let maxInFlight = Option(
        "max-in-flight", .integer(1...), value: "IMAGES", default: 100_000,
        help: "Images that may wait for their results; more are not sent, and count as undelivered.")
    static let seed = Option("seed", .integer(0...), default: 1, help: "Seed of the Poisson arrivals.")
    static let creditBytes = Option(
        "credit-bytes", optional: .bytes(1...),
        help: "Take credit for an embedded broker on standard input; bytes of a partition that are ours."
    )
    .hidden()

    static let command = Command(
        name: "produce", abstract: "simulate devices that send images, and measure each one's latency",
        discussion: """
            Sends at planned instants whatever the rest of the pipeline does (open loop); latency counts from the planned \
            instant to the result, so a stall shows. Goes on until --count, --duration or SIGTERM; waits for the results \
            that are missing; prints a summary. Ends with 0 where the broker has every image, and with 75 where not: images that \
            wait in the spool are sent by the next start with the same --spool, under the same ids.
            """,
        options: [
            rate, arrival, closedLoop, warmUp, count, duration, devices, DatasetOptions.dataset, imageSize, latencies,
            run, producers, producer, journal, spool, spoolLimit, resultTimeout, maxInFlight, seed, creditBytes,
        ],
        groups: [KafkaOptions.group, TopicOptions.group, ServiceOptions.group],
        examples: [
            Command.Example(
                "iotpipe produce --rate 50/s --count 1000 --latencies run.csv",
                "a thousand images, each one's latency in run.csv"),
            Command.Example(
                "iotpipe produce --dataset test.bin --arrival poisson --duration 10m",
                "ten minutes of CIFAR-100 at random instants"),
            Command.Example(
                "iotpipe produce --rate 10..200/2m --latencies ramp.csv", "where latency begins to grow with the rate"),
            Command.Example(
                "iotpipe produce --closed-loop 16 --warm-up 10s --duration 1m",
                "how many images a second the pipeline takes"),
        ],
        validate: validate,
        run: execute)

    private static func validate(_ arguments: ParsedArguments) throws(ArgumentError) {
        guard let users = arguments[closedLoop] else { return }
        let reason = "a closed loop sends when a result has come; leave this or --closed-loop out"
        if arguments.isGiven(rate) { throw arguments.error(rate, reason) }
        if arguments.isGiven(arrival) { throw arguments.error(arrival, reason) }
        if arguments.isGiven(spool) {
            throw arguments.error(spool, "a closed loop waits for results, and what is spooled has none; leave one out")
        }
        if users > arguments[maxInFlight] {
            throw arguments.error(closedLoop, "more than --max-in-flight allows (\(arguments[maxInFlight]))")
        }
    }

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        var options = ProduceOptions(
            kafka: try KafkaOptions.configuration(arguments),
            producer: arguments[producer] ?? HostName.current ?? "producer")
        options.topics = try TopicOptions.setup(arguments)
        let ramp = arguments[rate]
        options.rate = ramp.start.perSecond
        options.ramp = ramp.duration == .zero ? nil : (ramp.end.perSecond, ramp.duration)
        options.arrival = arguments[arrival]
        options.closedLoop = arguments[closedLoop]
        options.warmUp = arguments[warmUp]
        options.count = arguments[count]
        options.duration = arguments[duration]
        options.devices = arguments[devices]
        options.dataset = arguments[DatasetOptions.dataset]
        options.imageSize = arguments[imageSize].map { ($0.width, $0.height) }
        options.latencies = arguments[latencies].map { LatencyFile.path($0, producer: options.producer) }
        options.journal = arguments[journal]
        options.spool = arguments[spool]
        options.spoolLimit = arguments[spoolLimit]
        options.run = arguments[run]
        options.producers = arguments[producers]
        options.resultTimeout = arguments[resultTimeout]
        options.drainTimeout = arguments[ServiceOptions.drainTimeout]
        options.connectTimeout = arguments[KafkaOptions.connectTimeout]
        options.maxInFlight = arguments[maxInFlight]
        options.seed = UInt64(arguments[seed])
        options.takesCredit = arguments[creditBytes] != nil
        options.creditBytes = arguments[creditBytes] ?? 0

        let services = try ServiceOptions.services("produce", arguments)
        let progress = ProgressLine()
        let role = try ProduceRole(options: options, services: services) { report in
            progress.update(report.text)
        }
        let (summary, status) = try ServiceOptions.serving(arguments, services) { try role.run() }
        progress.finish()
        Output.line(summary.text)
        if let path = options.latencies { Output.line("latencies     \(path): draw them with `iotpipe cdf \(path)`") }
        return status.rawValue
    }
}
