import Arguments
import Glibc
import Pipeline
import Telemetry
import Threads

/// `iotpipe demo`: everything on one machine.
enum DemoCommand {
    static let producers = Option(
        "producers", .list(of: .integer(1...64)), value: "LIST", default: [1, 2, 3, 4],
        help: "Producers that send at the same time: one run and one curve for each number.")
    static let rate = Option(
        "rate", short: "r", .rate, default: .perSecond(20), help: "Images a second from each producer.")
    static let count = Option(
        "count", short: "n", .integer(1...1_000_000), value: "IMAGES", default: 200, help: "Images from each producer.")
    static let devices = Option(
        "devices", .integer(1...1_000_000), default: 100, help: "Simulated devices of each producer.")
    static let keep = Option(
        "keep", flag: false, help: "Leave everything running at the end until Ctrl-C, and say how to look into it.")
    static let output = Option(
        "output", short: "o", .directory, value: "FOLDER", default: "iotpipe-demo",
        help: "Where the pictures and the files of latencies are left.")

    static let command = Command(
        name: "demo", abstract: "run the whole pipeline on this machine and draw its latencies",
        discussion: """
            Starts an embedded Kafka broker, a private PostgreSQL, infer and persist; lets one producer send, then two at \
            the same time, and so on; then counts what is stored, draws the latencies, and removes everything but its \
            results. Ends with 0 where every image was stored exactly once, and with 1 where one was lost or doubled.
            """,
        options: [producers, rate, count, devices, DatasetOptions.dataset, ModelOptions.weights, keep, output],
        groups: [LocalServers.group, ServiceOptions.progressGroup],
        examples: [
            Command.Example("iotpipe demo", "the whole experiment, in about a minute"),
            Command.Example(
                "iotpipe demo -b kafka:9092 -d postgresql://iot@db/iot --producers 2 --rate 100",
                "on servers of your own"),
        ],
        validate: { (arguments) throws(ArgumentError) in
            try arguments.requireDistinct(producers, "each number is one run and one curve")
        },
        run: execute)

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        var options = DemoOptions(pipeline: try LocalServers.pipeline(arguments))
        options.pipeline.weights = arguments[ModelOptions.weights]
        options.producers = arguments[producers]
        options.rate = arguments[rate].perSecond
        options.count = arguments[count]
        options.devices = arguments[devices]
        options.dataset = arguments[DatasetOptions.dataset]
        options.keeps = arguments[keep]
        options.output = arguments[output]
        StopSignal.shared.install()
        try ServiceOptions.placeProgress(arguments)
        let progress = ProgressLine()
        defer { progress.finish() }
        let demo = DemoRole(
            options: options,
            say: { line in
                progress.finish()
                Output.line(line)
            },
            show: { progress.update($0) })
        guard let status = try demo.run() else {
            Output.writeError("iotpipe demo: stopped; everything is cleared away\n")
            return 128 + SIGINT
        }
        return status.rawValue
    }
}
