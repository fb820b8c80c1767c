/// The second step of parsing: finds each option's texts (argument, else variable, else file, else default) and reads them.
struct ArgumentResolver {
    let command: Command
    let environment: [String: String]
    /// The start of the tool's own variables, such as `IOTPIPE_`.
    let variablePrefix: String
    /// The file of options, where one was named.
    let file: ConfigurationFile?

    /// The values of a command line that has been split.
    func resolve(_ split: ArgumentSplitter) throws(ArgumentError) -> ParsedArguments {
        var parsed = ParsedArguments()
        for option in command.allOptions {
            parsed.options[option.info.name] = try value(of: option, in: split, warnings: &parsed.warnings)
        }
        parsed.positionals = try distribute(split.positionals)
        return parsed
    }

    // MARK: Options

    /// What to say of secrets in the arguments, also where the command line is refused.
    func secretWarnings(_ split: ArgumentSplitter) -> [String] {
        command.allOptions.map(\.info).filter { info in
            split.occurrences.contains { $0.name == info.name && info.secrecy.holdsSecret($0.text) }
        }.map(warning)
    }

    /// The value of an option, and where it comes from.
    func value(
        of option: any AnyOption, in split: ArgumentSplitter, warnings: inout [String]
    ) throws(ArgumentError) -> ParsedArguments.Resolved {
        let info = option.info
        let occurrences = split.occurrences.filter { $0.name == info.name }
        if !occurrences.isEmpty {
            let texts = occurrences.map { occurrence in
                info.given(occurrence.text) { shown in
                    occurrence.written + (info.takesValue ? shown.map { " " + $0 } ?? "" : "")
                }
            }
            return .init(
                value: try option.value(of: texts), source: .argument, place: texts[texts.count - 1].place,
                texts: counting(occurrences.map(\.text), of: info))
        }
        let variables = info.variables(prefix: variablePrefix)
        for name in variables {
            guard let content = environment[name], !content.isEmpty else { continue }
            let words = words(of: content, for: info)
            let texts = words.map { word in info.given(word) { shown in name + (shown.map { "=" + $0 } ?? "") } }
            guard let last = texts.last else { continue }
            return .init(
                value: try option.value(of: texts), source: .variable(name), place: last.place,
                texts: counting(words, of: info))
        }
        if let file, let resolved = try value(of: option, in: file, warnings: &warnings) { return resolved }
        guard let standard = option.untypedDefault else {
            let orSet = variables.first.map { " or set \($0)" } ?? ""
            throw ArgumentError(
                .missingOption, "--\(info.name) is missing: give --\(info.name) \(info.placeholder)\(orSet)")
        }
        return .init(value: standard, source: .standard, place: "--\(info.name)", texts: nil)
    }

    private func value(
        of option: any AnyOption, in file: ConfigurationFile, warnings: inout [String]
    ) throws(ArgumentError) -> ParsedArguments.Resolved? {
        let info = option.info
        let entries = info.isSettable ? file.entries(of: info, for: command) : []
        guard let last = entries.last else { return nil }
        if file.isReadableByOthers, entries.contains(where: { info.secrecy.holdsSecret($0.value) }) {
            warnings.append(
                "\(file.place(of: last)): other users of this machine can read a secret in this file: chmod o-r it")
        }
        let texts = entries.map { file.given($0, for: info) }
        return .init(
            value: try option.value(of: texts), source: .file(file.path, line: last.line),
            place: texts[texts.count - 1].place, texts: counting(entries.map(\.value), of: info))
    }

    /// Those of the texts that count: all of a repeated option, else the last. Secret ones are hidden.
    private func counting(_ texts: [String], of info: OptionInfo) -> [String] {
        (info.kind == .repeated ? texts : texts.suffix(1)).map { info.secrecy.holdsSecret($0) ? "(hidden)" : $0 }
    }

    /// The values in a variable: of a repeated option one a line where there is a line break, else between white space.
    private func words(of content: String, for info: OptionInfo) -> [String] {
        guard info.kind == .repeated else { return [content] }
        if content.contains(where: \.isNewline) {
            return content.split(whereSeparator: \.isNewline).map { String($0.trimmed) }.filter { !$0.isEmpty }
        }
        return content.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private func warning(for info: OptionInfo) -> String {
        let variable = info.variables(prefix: variablePrefix).first.map { "set \($0)" }
        let alternative = info.secrecy.alternative.map { "use \($0)" }
        let advice = [variable, alternative].compactMap { $0 }.joined(separator: " or ")
        return "--\(info.name): other users of this machine can read a secret that is given as an argument"
            + (advice.isEmpty ? "" : "; \(advice) instead")
    }

    // MARK: Positional arguments

    private func distribute(_ arguments: [String]) throws(ArgumentError) -> [String: any Sendable] {
        var values: [String: any Sendable] = [:]
        var rest = arguments[...]
        for positional in command.positionals {
            let info = positional.info
            let mine = rest.prefix(info.isRepeated ? .max : 1)
            rest = rest.dropFirst(mine.count)
            if mine.count < info.minimum {
                let count = info.minimum > 1 ? "at least \(info.minimum) are needed" : "\(info.help)"
                throw ArgumentError(.missingArgument, "\(info.name) is missing: \(count)")
            }
            let texts = mine.map { GivenText(text: $0, place: "\(info.name) \(Shown.value($0))") }
            values[info.name] = try positional.value(of: texts)
        }
        if let first = rest.first {
            let hint = command.positionals.isEmpty ? "\(command.path) takes options only" : "one argument too many"
            throw ArgumentError(.unexpectedArgument, "unexpected argument \(Shown.value(first)): \(hint)")
        }
        return values
    }
}
