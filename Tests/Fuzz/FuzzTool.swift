@testable import Arguments

/// A tool with an option of each kind, for damaged command lines and files of options.
enum FuzzTool {
    private enum Word: String, CaseIterable, Sendable { case one, two, three }

    private static let tool: CommandLineTool = CommandLineTool(
        name: "tool", version: "1", abstract: "a tool",
        commands: [
            Command(
                name: "run", abstract: "run",
                options: [
                    Option("rate", short: "r", .rate, default: .perSecond(20), help: "A rate."),
                    Option("ramp", optional: .rateRamp, help: "A ramp."),
                    Option("time", .duration(), default: .seconds(1), help: "A time."),
                    Option("size", .size(1...999), default: PixelSize(width: 32, height: 24), help: "A size."),
                    Option("bytes", .bytes(1...), default: 64, help: "A volume."),
                    Option("word", short: "w", .choice(Word.self), default: .one, help: "A word."),
                    Option("list", .list(of: .integer(1...12)), default: [1], help: "Numbers."),
                    Option("number", optional: .number(0...10), help: "A number."),
                    Option("flag", short: "f", flag: true, help: "A flag."),
                    Option("property", short: "X", repeated: .assignment, help: "A property.")
                        .secret(.when { $0.hasPrefix("password=") }),
                    Option("database", optional: .text, help: "A database.").secret(.connectionString()),
                ],
                positionals: [Positional("FILE", repeated: .file(), help: "Files.")], run: { _ in 0 }),
            Command(
                name: "chest", abstract: "choose",
                subcommands: [
                    Command(
                        name: "open", abstract: "open",
                        options: [Option("day", required: .text, value: "DAY", help: "A day.")], run: { _ in 0 })
                ]),
        ])

    /// A command line and its variables.
    static func parse(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let arguments = lines.prefix { !$0.isEmpty }
        var environment: [String: String] = [:]
        for line in lines.dropFirst(arguments.count) {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            // A file of options that is named would be read: from wherever the fuzzer finds.
            if parts.count == 2, parts[0] != "TOOL_CONFIG" { environment[parts[0]] = parts[1] }
        }
        if arguments.contains(where: { $0.hasPrefix("--config") }) { return }
        let outcome = tool.main(arguments: Array(arguments), environment: environment)
        if case .run(_, let parsed) = outcome { precondition(parsed.warnings.count <= 64 + environment.count) }
        _ = try? tool.settings(Array(arguments), environment: environment)
    }

    /// A file of options, as a role and as `config check` read it. A password in the place of a value is in no message.
    static func read(_ text: String) {
        let file = ConfigurationFile(text, path: "fuzz.conf")
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
        precondition(file.entries.allSatisfy { 1...lines ~= $0.line })
        var messages = file.misnamed(in: tool).map(\.message)
        for command in tool.commands.flatMap(\.leaves) {
            for option in command.allOptions { messages += file.faults(in: option, of: command).map(\.message) }
            let resolver = ArgumentResolver(
                command: command, environment: [:], variablePrefix: tool.variablePrefix, file: file)
            guard let split = try? ArgumentSplitter([], command: command, others: []) else { continue }
            do throws(ArgumentError) {
                messages += try resolver.resolve(split).warnings
            } catch {
                messages.append(error.message)
            }
        }
        for entry in file.entries where entry.name == "property" && entry.value.hasPrefix("password=") {
            let secret = entry.value.dropFirst("password=".count)
            precondition(secret.count < 8 || !messages.contains { $0.contains(secret) })
        }
    }
}
