import Arguments
import Pipeline
import Threads

/// The options of commands that run a whole pipeline on this machine: servers to use in place of their own.
enum LocalServers {
    static let bootstrapServer = Option(
        "bootstrap-server", short: "b", optional: .brokers, help: "A Kafka cluster to use."
    )
    .describingDefault("an embedded broker")
    static let database = Option(
        "database", short: "d", optional: .database, help: "A PostgreSQL database to use."
    )
    .describingDefault("a private PostgreSQL in a temporary folder")
    .secret(.connectionString(alternative: "a password file (PGPASSFILE)"))

    static let group = OptionGroup(
        "Servers", [bootstrapServer, KafkaOptions.property, KafkaOptions.configFile, database])

    /// What the pipeline's processes are started with.
    static func pipeline(_ arguments: ParsedArguments) throws -> PipelineSetup {
        var setup = PipelineSetup(executable: try executable())
        setup.bootstrapServers = arguments[bootstrapServer]
        setup.kafkaProperties = arguments[KafkaOptions.property].map(\.text)
        setup.kafkaConfig = arguments[KafkaOptions.configFile]
        setup.database = arguments[database]
        return setup
    }

    private static func executable() throws -> String {
        guard let path = Executable.path else {
            throw RoleError(
                .internalFailure, "cannot find the program's own file through /proc/self/exe: is /proc mounted?")
        }
        return path
    }
}

extension ParsedArguments {
    /// Refuses a list that has a number twice.
    ///
    /// - Parameter reason: what each number is.
    func requireDistinct(_ option: Option<[Int]>, _ reason: String) throws(ArgumentError) {
        let numbers = self[option]
        if let twice = numbers.first(where: { number in numbers.count { $0 == number } > 1 }) {
            throw error(option, "\(twice) is there twice: \(reason)")
        }
    }
}
