import Arguments
import Latency
import Pipeline

/// `iotpipe config`: files of options, and what is in force.
enum ConfigCommand {
    static let file = Positional("FILE", .file(extensions: ["conf"]), help: "The file of options.")
    static let role = Positional(
        "ROLE", repeated: .command, minimum: 1,
        help: "The words that choose a role; behind -- also arguments as the role would get them.")
    static let json = Option("json", flag: false, help: "Print the settings as JSON.").withoutVariable()
    /// Handed on to the role.
    static let config = Option(
        "config", optional: .file(extensions: ["conf"]), value: "FILE", help: "The file of options."
    )
    .describingDefault("what IOTPIPE_CONFIG names")
    .withoutVariable()

    static let command = Command(
        name: "config", abstract: "check a file of options, or show what is in force",
        discussion: """
            Any role takes a file of options with --config or the variable IOTPIPE_CONFIG. Its first lines are for all roles \
            that have the option, a section for one role alone:

              bootstrap-server = kafka:9092
              property = linger.ms=5
              [produce]
              rate = 50/s
              [infer]
              precision = int8

            An option counts before its variable, the variable before the file, and the file before the default.
            """,
        section: Iotpipe.manualSection,
        subcommands: [
            Command(
                name: "check", abstract: "say what is wrong with a file of options",
                discussion: """
                    Looks at every line, for each role that it is for. Ends with 0 where all is well, 1 where something is \
                    wrong, 66 where the file cannot be read.
                    """,
                positionals: [file],
                examples: [
                    Command.Example("iotpipe config check iotpipe.conf", "before it is put in place"),
                    Command.Example(
                        "iotpipe config check iotpipe.conf && systemctl restart iotpipe-infer",
                        "restart a role only where its file is sound"),
                ],
                run: check),
            Command(
                name: "show", abstract: "show each option of a role as it is in force, and where its value comes from",
                discussion: "Secrets are shown as (hidden).",
                options: [config, json], positionals: [role],
                examples: [
                    Command.Example("iotpipe config show produce", "what variables and defaults come to"),
                    Command.Example(
                        "iotpipe config show --config iotpipe.conf produce -- --rate 5",
                        "with a file, and with arguments of produce"),
                ],
                run: show),
        ])

    private static func check(_ arguments: ParsedArguments) throws -> Int32 {
        let result = try Iotpipe.tool.faults(inConfiguration: arguments[file])
        for fault in result.faults { Output.line(fault) }
        let count = "\(result.options) option\(result.options == 1 ? "" : "s")"
        if result.faults.isEmpty { Output.line("\(arguments[file]): \(count), all understood") }
        return (result.faults.isEmpty ? ExitStatus.success : .degraded).rawValue
    }

    private static func show(_ arguments: ParsedArguments) throws -> Int32 {
        let own = arguments[config].map { ["--config", $0] } ?? []
        let result = try Iotpipe.tool.settings(
            arguments[role] + own, environment: ProcessEnvironment.current)
        for warning in result.warnings { Output.writeError("iotpipe config show: warning: \(warning)\n") }
        Output.line(arguments[json] ? try JSONOutput.of(result.settings) : text(result.settings))
        return ExitStatus.success.rawValue
    }

    /// Name, source and value in columns; a line for each value of an option that has several.
    private static func text(_ settings: [CommandLineTool.Setting]) -> String {
        let rows = settings.flatMap { setting in
            (setting.values.isEmpty ? ["-"] : setting.shownValues).map { [setting.name, setting.source, $0] }
        }
        return TextColumns.lines(rows).joined(separator: "\n")
    }
}
