import Arguments
import HTTP
import Pipeline

/// `iotpipe health`: whether a role on this machine is well; what a container's health check runs.
enum HealthCommand {
    static let timeout = Option(
        "timeout", .duration(.milliseconds(10) ... .seconds(600)), default: .seconds(5),
        help: "How long the role may take to answer.")

    static let command = Command(
        name: "health", abstract: "ask a running role whether it is well",
        discussion: """
            Asks /health at the address where the role serves its status pages (--http, IOTPIPE_HTTP). Ends with 0 where it \
            answers 200, 1 where it answers something else, and 69 where it does not answer. It says nothing of Kafka and \
            PostgreSQL: a role that waits for them is well.
            """,
        options: [ServiceOptions.http, timeout],
        examples: [
            Command.Example("iotpipe health --http 127.0.0.1:9464", "the role that was started with the same --http"),
            Command.Example("iotpipe health", "in a container, where IOTPIPE_HTTP is set for both"),
        ],
        run: execute)

    private static func execute(_ arguments: ParsedArguments) throws -> Int32 {
        guard let address = arguments[ServiceOptions.http] else {
            throw ArgumentError(.missingOption, "--http is missing: name the address that the role was given")
        }
        let status = try HTTPProbe.status(of: "/health", at: address, timeout: arguments[timeout])
        if status == 200 { return ExitStatus.success.rawValue }
        Output.writeError("iotpipe health: http://\(address)/health answers \(status)\n")
        return ExitStatus.degraded.rawValue
    }
}
