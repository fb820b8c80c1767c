import Arguments
import Pipeline

/// `iotpipe evaluate`: how often the model is right.
enum EvaluateCommand {
    static let count = Option(
        "count", short: "n", optional: .integer(1...), value: "IMAGES",
        help: "How many images of the dataset, evenly spread, at most."
    ).describingDefault("all")
    static let output = Option(
        "output", short: "o", .text, value: "PREFIX", default: "confusion",
        help: "Draw the confusion matrix into PREFIX.png and PREFIX.svg.")
    static let json = Option(
        "json", flag: false, help: "Print everything as JSON, with the confusion matrix class by class.")

    static let command = Command(
        name: "evaluate", abstract: "count how often the model is right",
        discussion: """
            Classifies images whose class is known, without Kafka, and prints top-1 and top-5 accuracy of each class and of \
            all, what each class is mostly taken for, the expected calibration error, and images a second. An image without a \
            label, or with one that the model has no name for, is left out and counted as such.
            """,
        options: [DatasetOptions.dataset, count, output, json],
        groups: [ModelOptions.group, ServiceOptions.logGroup],
        examples: [
            Command.Example("iotpipe evaluate --dataset test.bin", "the model that ships, on CIFAR-100's test split"),
            Command.Example(
                "iotpipe evaluate --weights a.safetensors --dataset photos/ --json",
                "other weights on a folder of PNG files, for a script"),
        ],
        run: execute)

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        var options = EvaluateOptions()
        options.model = ModelOptions.settings(arguments)
        options.dataset = arguments[DatasetOptions.dataset]
        options.count = arguments[count]
        options.output = arguments[output]
        let services = try ServiceOptions.services("evaluate", arguments)
        let report = try EvaluateRole(options: options, services: services).run()
        Output.line(arguments[json] ? try report.json : report.text)
        return ExitStatus.success.rawValue
    }
}
