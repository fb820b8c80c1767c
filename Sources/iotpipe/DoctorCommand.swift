import Arguments
import Pipeline

/// `iotpipe doctor`: what this machine has and lacks.
enum DoctorCommand {
    static let ports = Option(
        "ports", .list(of: .integer(1...65_535)), default: [9464], help: "Ports that roles are to listen at (--http).")
    static let folder = Option(
        "folder", .directory, default: ".", help: "The folder that measurements and charts are to be written into.")
    static let json = Option("json", flag: false, help: "Print the findings as JSON.")

    static let command = Command(
        name: "doctor", abstract: "say what this machine has and lacks for each role",
        discussion: """
            Looks at the libraries, the model and what its precision would be, PostgreSQL's programs, fonts, ports, disks, \
            memory, the clock and limits, and says what to do where something is amiss. It changes nothing and asks no \
            server (see `iotpipe broker-check`). Ends with 0 where all roles can run, else 1.
            """,
        section: Iotpipe.manualSection, options: [ModelOptions.weights, ports, folder, json],
        examples: [
            Command.Example("iotpipe doctor", "before anything else on a new machine"),
            Command.Example("iotpipe doctor --ports 9464,9474 --json", "the ports of two roles too, for a script"),
        ]
    ) { arguments in
        let report = Doctor(
            weights: arguments[ModelOptions.weights], ports: arguments[ports].map(UInt16.init),
            folder: arguments[folder]
        ).report()
        Output.line(arguments[json] ? try JSONOutput.of(report) : report.text)
        return report.status.rawValue
    }
}
