import Arguments
import Pipeline
import Threads

/// `iotpipe infer`: the classifier.
enum InferCommand {
    static let batchDelay = Option(
        "batch-delay", .duration(.zero ... .seconds(60)), default: .zero,
        help: """
            How long the oldest image of a batch waits for more to come. Without waiting, a batch is what came while the \
            model worked: one image at light load, full batches at full load.
            """)
    static let group = Option(
        "group", .text, value: "GROUP", default: "iotpipe-infer",
        help: "The consumer group: its members share the partitions.")
    static let delivery = Option(
        "delivery", .choice(DeliveryGuarantee.self), default: .atLeastOnce,
        help: """
            at-least-once: after a crash some results are on their topic twice, under the same ce_id. exactly-once: \
            readers with isolation.level=read_committed see each once, by Kafka transactions; instances on one machine \
            need an --instance-id each.
            """)
    static let benchmark = Option(
        "benchmark", flag: false,
        help: """
            Measure the model alone, without Kafka, with --batch, --streams and --threads as given, and print images a \
            second, the time of a batch and processor time.
            """)
    static let benchmarkTime = Option(
        "benchmark-time", .duration(.milliseconds(100) ... .seconds(3_600)), default: .seconds(5),
        help: "How long to measure.")
    static let json = Option("json", flag: false, help: "Print the measurement as JSON.")
    static let commitInterval = Option(
        "commit-interval", optional: .duration(.milliseconds(10)...),
        help: "How often the offsets of finished images are committed; with exactly-once, the results too."
    )
    .describingDefault("1s; 100ms with exactly-once")

    static let httpToken = Option(
        "http-token", optional: .text, value: "TOKEN",
        help: "What clients of inference at --http must show (Authorization: Bearer TOKEN)."
    )
    .describingDefault("none: inference only where --http is a loopback address")
    .secret(.always(alternative: "a file named by --http-token-file"))
    static let httpTokenFile = Option(
        "http-token-file", optional: .file(extensions: []), value: "FILE", help: "A file with that token.")

    static let command = Command(
        name: "infer", abstract: "classify images from Kafka with a ResNet50",
        discussion: """
            Reads images, runs the model, and sends results with the five most probable classes, until SIGTERM. An offset \
            is committed only when the results of everything before it are acknowledged: who is killed loses nothing. A \
            picture that does not decode goes to the topic of dead letters. `kill -HUP` takes up the weights file as it is \
            now; one that cannot be used changes nothing.
            """,
        options: [
            batchDelay, group, KafkaOptions.instanceID, delivery, commitInterval, httpToken, httpTokenFile, benchmark,
            benchmarkTime, json,
        ],
        groups: [ModelOptions.group, KafkaOptions.group, TopicOptions.group, ServiceOptions.group],
        examples: [
            Command.Example("iotpipe infer --weights resnet50.safetensors", "classify with these weights"),
            Command.Example(
                "iotpipe infer -b kafka:9092 --batch 32 --batch-delay 10ms",
                "larger batches: more images a second, each a little later"),
            Command.Example(
                "iotpipe infer -b kafka:9092 --delivery exactly-once --instance-id infer-1",
                "each result once, also for those who read the topic themselves"),
            Command.Example(
                "iotpipe infer --http 127.0.0.1:9465", "also answer pictures over HTTP: see /openapi.json there"),
        ],
        run: execute)

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        var options = InferOptions(kafka: try KafkaOptions.memberConfiguration(arguments))
        options.topics = try TopicOptions.setup(arguments)
        options.group = arguments[group]
        options.model = ModelOptions.settings(arguments)
        options.batchDelay = arguments[batchDelay]
        options.delivery = arguments[delivery]
        options.commitInterval = arguments[commitInterval]
        options.drainTimeout = arguments[ServiceOptions.drainTimeout]
        options.connectTimeout = arguments[KafkaOptions.connectTimeout]
        let services = try ServiceOptions.services("infer", arguments, reload: .shared)
        if arguments[benchmark] {
            let report = try ModelBenchmark(
                options.model, duration: arguments[benchmarkTime], logger: services.logger
            ).run()
            Output.line(arguments[json] ? try report.json : report.text)
            return ExitStatus.success.rawValue
        }
        services.reload.install()
        let service = InferenceService(metrics: services.metrics)
        let api = InferenceAPI(service: service, token: try token(arguments), programVersion: Version.current)
        let summary = try ServiceOptions.serving(arguments, services, api: api) {
            try InferRole(options: options, services: services, service: service).run()
        }
        services.logger.info("done: \(summary.text)")
        return ExitStatus.success.rawValue
    }

    /// The token of the inference API; nil where there is none.
    static func token(_ arguments: ParsedArguments) throws -> AccessToken? {
        if let path = arguments[httpTokenFile] { return try AccessToken(file: path) }
        return try arguments[httpToken].map { token in try AccessToken(token) }
    }
}
