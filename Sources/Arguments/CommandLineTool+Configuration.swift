/// The option that names a file of options. The tool adds it to every command that has options.
enum ConfigurationOption {
    static let option = Option(
        "config", optional: .file(extensions: ["conf"]), value: "FILE",
        help: "A file of options: name = value, one a line; a section [role] is for that one alone.")
}

extension Command {
    /// The command with `--config`, where there is anything that a file could set.
    func configurable() -> Command {
        if !subcommands.isEmpty { return with(subcommands: subcommands.map { $0.configurable() }) }
        let infos = allOptions.map(\.info)
        let isOwn = infos.contains { $0.name == ConfigurationOption.option.info.name }
        guard !isOwn, infos.contains(where: \.isSettable) else { return self }
        return with(groups: groups + [OptionGroup("Configuration", [ConfigurationOption.option])])
    }

    /// Whether a file of options can set anything of it.
    var isConfigurable: Bool {
        groups.last.map { $0.options.first?.info.name == ConfigurationOption.option.info.name } ?? false
    }
}

extension CommandLineTool {
    /// The value of an option as it is in force, and where it comes from.
    public struct Setting: Sendable, Equatable, Encodable {
        /// The option's name.
        public let name: String
        /// The values that count, as they were typed, secret ones hidden, or the default in words; none where there is no
        /// default.
        public let values: [String]
        /// `argument`, the variable's name, the file and its line, or `default`.
        public let source: String

        /// The values as a terminal may show them.
        public var shownValues: [String] { values.map { Shown.value($0) } }
    }

    /// What is in force for a command, from arguments, variables, the file of options and defaults.
    ///
    /// - Parameter arguments: the words that choose the command, and its arguments.
    /// - Throws: what is wrong with them; arguments known by their place are not looked at where there may be any.
    public func settings(
        _ arguments: [String], environment: [String: String]
    ) throws(ArgumentError) -> (settings: [Setting], warnings: [String]) {
        if arguments.isEmpty {
            throw ArgumentError(.missingCommand, "give a \(commandNoun), such as produce")
        }
        let (command, rest) = try chosen(by: arguments[...])
        if let example = command.subcommands.first {
            throw ArgumentError(.missingCommand, "give a command of \(command.name): \(example.path), …")
        }
        let split = try ArgumentSplitter(rest, command: command, others: commands.flatMap(\.leaves))
        if let extra = split.positionals.first, command.positionals.isEmpty {
            throw ArgumentError(
                .unexpectedArgument, "unexpected argument \(Shown.value(extra)): \(command.path) takes options only")
        }
        let resolver = try resolver(split, command: command, environment: environment)
        var warnings = mistypedVariables(in: environment) + resolver.secretWarnings(split)
        var settings: [Setting] = []
        for option in command.allOptions where !option.info.isHidden {
            let resolved = try resolver.value(of: option, in: split, warnings: &warnings)
            let source =
                switch resolved.source {
                case .argument: "argument"
                case .variable(let name): name
                case .file(let path, let line): "\(path):\(line)"
                case .standard: "default"
                }
            let standard = option.info.defaultText ?? (option.info.takesValue ? nil : "off")
            settings.append(
                Setting(name: option.info.name, values: resolved.texts ?? standard.map { [$0] } ?? [], source: source))
        }
        return (settings, warnings)
    }

    /// What is wrong with a file of options, a line each: names, sections, and values for each command they are for.
    ///
    /// - Throws: where it cannot be read.
    public func faults(inConfiguration path: String) throws(ArgumentError) -> (options: Int, faults: [String]) {
        let file: ConfigurationFile
        do throws(ArgumentError) {
            file = try ConfigurationFile(path: path)
        } catch {
            if error.code == .badFile { return (0, [error.message]) }
            throw error
        }
        var faults = file.misnamed(in: self)
        for command in commands.flatMap(\.leaves) where command.isConfigurable {
            faults += command.allOptions.flatMap { file.faults(in: $0, of: command) }
        }
        var told: Set<String> = []
        let lines = faults.sorted { $0.line < $1.line }.map(\.message).filter { told.insert($0).inserted }
        return (file.entries.count, lines)
    }

    /// What reads the options of a command line that has been split: with the file of options, where one is named.
    func resolver(
        _ split: ArgumentSplitter, command: Command, environment: [String: String]
    ) throws(ArgumentError) -> ArgumentResolver {
        let file = try configurationFile(split, command: command, environment: environment)
        return ArgumentResolver(
            command: command, environment: environment, variablePrefix: variablePrefix, file: file)
    }

    /// The file that an argument or the variable names, with nothing in it that no command knows; nil where none is named.
    private func configurationFile(
        _ split: ArgumentSplitter, command: Command, environment: [String: String]
    ) throws(ArgumentError) -> ConfigurationFile? {
        guard command.isConfigurable else { return nil }
        let resolver = ArgumentResolver(
            command: command, environment: environment, variablePrefix: variablePrefix, file: nil)
        var warnings: [String] = []
        let resolved = try resolver.value(of: ConfigurationOption.option, in: split, warnings: &warnings)
        guard let path = resolved.value as? String else { return nil }
        let file = try ConfigurationFile(path: path)
        if let fault = file.misnamed(in: self).first { throw ArgumentError(.badFile, fault.message) }
        return file
    }
}
