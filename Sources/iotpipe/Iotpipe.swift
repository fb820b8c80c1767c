import Arguments
import Glibc
import Pipeline
import Telemetry

/// The tool: its roles, and what becomes of their errors.
enum Iotpipe {
    /// The declaration of the whole command line.
    static let tool: CommandLineTool = CommandLineTool(
        name: "iotpipe", version: Version.current,
        abstract: "Image classification over streams of IoT devices: how fast, and how reliable",
        discussion: """
            Simulated devices send images through Apache Kafka to a ResNet50 classifier; results return through Kafka; \
            images and results are stored in PostgreSQL; every image's end-to-end latency is measured.

            Start with `iotpipe demo`: it runs everything on this machine.
            """,
        commandNoun: "role",
        commands: [
            DemoCommand.command, ExperimentCommand.command, ProduceCommand.command, InferCommand.command,
            PersistCommand.command,
            DeadLettersCommand.command, ArchiveCommand.command, RestoreCommand.command, BrokerCheckCommand.command,
            CDFCommand.command, ClassifyCommand.command, EvaluateCommand.command, CalibrateCommand.command,
            HealthCommand.command,
            EmbeddedBrokerCommand.command, DoctorCommand.command, ConfigCommand.command, CompletionCommand.command,
            ManCommand.command,
        ],
        variables: [
            CommandLineTool.Variable("DATABASE_URL", help: "The database, where --database is not given."),
            CommandLineTool.Variable(
                "IOTPIPE_SHIM", help: "The libtorch shim, where it is neither beside the program nor in ../lib."),
        ],
        exitStatuses: ExitStatus.allCases.map { CommandLineTool.StatusMeaning($0.rawValue, $0.meaning) } + [
            CommandLineTool.StatusMeaning(130, "ended by Ctrl-C: the demo, or a role at the second one"),
            CommandLineTool.StatusMeaning(143, "ended by a second SIGTERM"),
        ],
        versionDetails: { ProgramVersions().text + "\n" })

    /// The title under which the help lists what is about the program itself.
    static let manualSection = "The program"

    /// Runs one command line and returns the exit status.
    static func run(arguments: [String], environment: [String: String]) -> Int32 {
        let status = execute(tool.main(arguments: arguments, environment: environment))
        guard status == ExitStatus.success.rawValue, let reason = Output.failureReason else { return status }
        Output.writeError("iotpipe: cannot write to standard output: \(reason)\n")
        return ExitStatus.ioFailure.rawValue
    }

    private static func execute(_ outcome: CommandLineTool.Outcome) -> Int32 {
        switch outcome {
        case .print(let text):
            Output.write(text)
            return ExitStatus.success.rawValue
        case .usageError(let text):
            Output.writeError(text)
            return ExitStatus.usage.rawValue
        case .missingInput(let text):
            Output.writeError(text)
            return ExitStatus.inputMissing.rawValue
        case .run(let command, let parsed):
            for warning in parsed.warnings { Output.writeError("iotpipe \(command.path): warning: \(warning)\n") }
            do {
                return try command.run(parsed)
            } catch let error as ArgumentError {
                Output.writeError(tool.usageText(error, command: command))
                return (error.code == .unreadableFile ? ExitStatus.inputMissing : .usage).rawValue
            } catch {
                Output.writeError("iotpipe \(command.path): \(error)\n")
                return ExitStatus(of: error).rawValue
            }
        }
    }
}
