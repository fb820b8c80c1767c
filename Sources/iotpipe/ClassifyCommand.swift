import Arguments
import Pipeline
import Telemetry

/// `iotpipe classify`: names pictures.
enum ClassifyCommand {
    static let pictures = Positional(
        "FILE", repeated: .file(extensions: ["png"]), minimum: 1,
        help: "PNG files, folders of them, or - for standard input.")
    static let top = Option("top", .integer(1...1_000), default: 5, help: "How many classes are named, at most.")
    static let json = Option("json", flag: false, help: "Print everything as JSON.")
    /// What is printed is enough for who looks at a picture.
    private static let logLevel = Option(
        "log-level", .choice(Logger.Level.self), value: "LEVEL", default: .warning,
        help: "Log lines of this level and above.")

    static let command = Command(
        name: "classify", abstract: "name what is in pictures, without any server",
        discussion: """
            Prints a line for each picture: its most probable classes. A picture that cannot be read is told on standard \
            error, the others go on, and the end is 65 or 66.
            """,
        options: [top, json],
        groups: [ModelOptions.group, ServiceOptions.logGroup(level: logLevel)],
        positionals: [pictures],
        examples: [
            Command.Example("iotpipe classify cat.png", "with the model that ships"),
            Command.Example(
                "iotpipe classify --weights resnet50.safetensors --top 3 --json photos/",
                "a folder, with other weights, for a script"),
            Command.Example("iotpipe classify - <cat.png", "from standard input"),
        ],
        run: execute)

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        var options = ClassifyRole.Options(pictures: arguments[pictures])
        options.top = arguments[top]
        options.model = ModelOptions.settings(arguments)
        let services = try ServiceOptions.services("classify", arguments)
        var all: [ClassifiedPicture] = []
        let status = try ClassifyRole(options: options, services: services).run { picture in
            if arguments[json] { all.append(picture) }
            if let line = picture.line, !arguments[json] { Output.line(line) }
            if let error = picture.error { Output.writeError("iotpipe classify: \(error)\n") }
        }
        if arguments[json] { Output.line(try JSONOutput.of(all)) }
        return status.rawValue
    }
}
