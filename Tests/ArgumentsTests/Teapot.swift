import Arguments
import Testing

/// A made-up tool that has an option of every kind.
enum Teapot {
    enum Tea: String, CaseIterable, Sendable { case green, black, oolong }
    enum Cup: String, CaseIterable, Sendable { case mug, bowl }

    // MARK: brew

    static let rate = Option(
        "rate", short: "r", .rate, default: .perSecond(20), help: "Cups each second, such as 20, 500/s or 10/min.")
    static let steep = Option(
        "steep", .duration(.seconds(1)...), value: "TIME", default: .seconds(180),
        help: "How long the leaves stay in the water. Longer makes it stronger, and after some minutes bitter.")
    static let tea = Option("tea", short: "t", .choice(Tea.self), value: "TEA", default: .green, help: "The leaves.")
    static let cup = Option(
        "cup", .choice(Cup.self) { $0 == .mug ? "with a handle" : "without a handle; it is held with both hands" },
        value: "CUP", default: .mug, help: "What to pour into:")
    static let guests = Option(
        "guests", .list(of: .integer(1...12)), default: [1, 2, 3, 4], help: "Guests at each table.")
    static let volume = Option("volume", .bytes(1...), default: 64 << 20, help: "The pot's volume, in bytes.")
    static let spout = Option("spout", .size(1...999), default: PixelSize(width: 32, height: 24), help: "Its opening.")
    static let lid = Option("lid", flag: true, help: "Keep the lid on.")
    static let verbose = Option("verbose", short: "v", flag: false, help: "Say more.")
    static let sugar = Option("sugar", optional: .number(0...10), help: "Spoons of sugar.")
    static let recipe = Option("recipe", optional: .file(extensions: ["tea"]), help: "A recipe to follow.")
    static let secretIngredient = Option("secret-ingredient", optional: .text, help: "Cinnamon.").hidden()

    static let kettle = Option("kettle", short: "k", .text, value: "HOST", default: "localhost", help: "The kettle.")
        .reading("KETTLE")
    static let property = Option(
        "property", short: "X", repeated: .assignment, value: "NAME=VALUE", help: "A property of the kettle, passed on."
    )
    .secret(.when(alternative: "--kettle-file") { $0.hasPrefix("pin=") })
    static let pantry = Option("pantry", optional: .text, value: "URL", help: "Where the tea is.")
        .secret(.connectionString()).describingDefault("the cupboard")
    static let kettleGroup = OptionGroup("Kettle", [kettle, property, pantry])

    static let leaves = Positional("LEAVES", .file(), help: "The leaves to use.")
    static let herbs = Positional("HERB", repeated: .text, help: "Herbs to add.")

    static let brew = Command(
        name: "brew", abstract: "Brew tea",
        discussion: """
            Water is boiled, the leaves are steeped, and the tea is kept warm until it is poured or the pot is empty.

              water -> leaves -> cup

            Nothing is poured.
            """,
        options: [
            rate, steep, tea, cup, guests, volume, spout, lid, verbose, sugar, recipe, secretIngredient,
        ],
        groups: [kettleGroup], positionals: [leaves, herbs],
        examples: [
            .init("teapot brew sencha.leaf", "A pot for four"),
            .init("teapot brew --tea oolong --steep 4m oolong.leaf mint", "Oolong with mint, steeped longer"),
        ],
        validate: { (parsed) throws(ArgumentError) in
            if parsed[tea] == .green && parsed[steep] > .seconds(600) {
                throw parsed.error(steep, "green tea is steeped for 10m at most")
            }
        },
        run: { _ in 0 })

    // MARK: The others

    static let day = Option("day", required: .text, value: "DAY", help: "The day of the party.")
    static let table = Positional("TABLE", optional: .integer(1...), help: "The table to serve.")
    static let pour = Command(
        name: "pour", abstract: "Pour what was brewed", options: [day], positionals: [table], run: { _ in 7 })
    static let rinse = Command(name: "rinse", abstract: "Rinse the pot", section: "Care", run: { _ in 0 })
    static let descale = Command(name: "descale", abstract: "Descale the pot", isHidden: true, run: { _ in 0 })

    static let tool = CommandLineTool(
        name: "teapot", version: "1.2.3", abstract: "makes tea", commandNoun: "task",
        commands: [brew, pour, rinse, descale],
        variables: [.init("TEAPOT_HOME", help: "Where the pot stands.")])

    // MARK: Reading

    static func main(_ line: String, _ environment: [String: String] = [:]) -> CommandLineTool.Outcome {
        tool.main(arguments: line.split(separator: " ").map(String.init), environment: environment)
    }

    /// The values of a line that is right.
    static func parse(
        _ line: String, _ environment: [String: String] = [:], location: SourceLocation = #_sourceLocation
    ) throws -> ParsedArguments {
        let outcome = main(line, environment)
        guard case .run(_, let parsed) = outcome else {
            Issue.record("\(outcome)", sourceLocation: location)
            throw ArgumentError(.badValue, line)
        }
        return parsed
    }

    /// The first line of the usage error of a line that is wrong.
    static func fault(_ line: String, _ environment: [String: String] = [:]) -> String {
        fault(line.split(separator: " ").map(String.init), environment)
    }

    static func fault(_ arguments: [String], _ environment: [String: String] = [:]) -> String {
        guard case .usageError(let text) = tool.main(arguments: arguments, environment: environment) else {
            return "no usage error"
        }
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }

    /// What a line prints.
    static func printed(_ line: String) -> String? {
        guard case .print(let text) = main(line) else { return nil }
        return text
    }
}
