import Arguments
import Pipeline

/// `iotpipe calibrate`: weights for 8-bit integers.
enum CalibrateCommand {
    static let weights = Option(
        "weights", optional: .file(extensions: ["safetensors", "pth"]), value: "FILE",
        help: "The ResNet50 to calibrate, with torchvision's names: .safetensors or .pth.")
    static let output = Option(
        "output", short: "o", optional: .file(extensions: ["safetensors"]), value: "FILE",
        help: "The .safetensors file to write: the same weights, with the ranges in its metadata.")
    static let count = Option(
        "count", short: "n", .integer(1...1_000_000), value: "IMAGES", default: 512,
        help: "How many images of the dataset, evenly spread, the ranges are chosen from, at most.")
    static let agreement = Option(
        "agreement", .integer(1...10_000_000), value: "IMAGES", default: 2_000,
        help: "How many images, evenly spread, the answers are compared with those of f32 on, at most.")

    static let command = Command(
        name: "calibrate", abstract: "make weights ready for 8-bit integers",
        discussion: """
            Runs images through the network in f32, chooses for each layer how large a number 8 bits are to stand for (the \
            least squared error), writes the weights with these ranges, and says how often int8 names the class that f32 \
            names. Images like those that will be classified serve best.
            """,
        options: [weights, DatasetOptions.dataset, output, count, agreement],
        groups: [ServiceOptions.logGroup],
        examples: [
            Command.Example(
                "iotpipe calibrate --weights a.safetensors --dataset photos/ -o b.safetensors",
                "with a folder of PNG files"),
            Command.Example(
                "iotpipe calibrate --weights a.pth --dataset train.bin -n 1000 -o b.safetensors",
                "with CIFAR-100's images"),
        ],
        run: execute)

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        guard let weights = arguments[weights] else {
            throw ArgumentError(.missingOption, "--weights is missing: name the weights file to calibrate")
        }
        guard let output = arguments[output] else {
            throw ArgumentError(
                .missingOption, "--output is missing: name the file to write, such as --output calibrated.safetensors")
        }
        var options = CalibrateOptions(weights: weights, output: output)
        options.dataset = arguments[DatasetOptions.dataset]
        options.count = arguments[count]
        options.agreement = arguments[agreement]
        let services = try ServiceOptions.services("calibrate", arguments)
        for line in try CalibrateRole(options: options, services: services).run() { Output.line(line) }
        return ExitStatus.success.rawValue
    }
}
