import Arguments
import Inference
import Pipeline

/// The options of every role that runs the model.
enum ModelOptions {
    static let weights = Option(
        "weights", optional: .file(extensions: ["safetensors", "pth"]), value: "FILE",
        help: "A ResNet50 with torchvision's names: .safetensors or .pth."
    )
    .describingDefault("the model that ships, else `make weights`' file")
    static let precision = Option(
        "precision", .choice(Precision.self), default: .auto,
        help: """
            Arithmetic of the model. auto takes the fastest that the processor has instructions for: int8 where the weights \
            are calibrated for it (`iotpipe calibrate`), else bf16, else f32.
            """)
    static let device = Option(
        "device", .text, value: "DEVICE", default: "cpu", help: "Where the model runs: cpu in this version.")
    static let batch = Option(
        "batch", .integer(1...256), value: "IMAGES", default: 8,
        help: "How many images the model takes at once, at most.")
    static let streams = Option(
        "streams", optional: .integer(1...1_024),
        help: """
            Model instances that work side by side, sharing the weights. Many with one thread each classify most images \
            a second; --streams 1 each image soonest, where inputs are large.
            """
    )
    .describingDefault("the processors divided by --threads")
    static let threads = Option(
        "threads", optional: .integer(1...1_024), help: "Threads of each model instance."
    )
    .describingDefault("1, or the processors divided by --streams")

    static let group = OptionGroup("Model", [weights, precision, device, batch, streams, threads])

    /// What they ask for.
    static func settings(_ arguments: ParsedArguments) -> ModelSettings {
        var settings = ModelSettings()
        settings.weights = arguments[weights]
        settings.precision = arguments[precision]
        settings.device = arguments[device]
        settings.batch = arguments[batch]
        settings.streams = arguments[streams]
        settings.threads = arguments[threads]
        return settings
    }
}
