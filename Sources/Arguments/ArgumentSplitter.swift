/// The first step of parsing: tells options, their values and positional arguments apart. Values are not looked at.
struct ArgumentSplitter {
    /// One option as it stands on the command line.
    struct Occurrence: Equatable {
        /// The option's long name.
        let name: String
        /// As the user wrote it: `--rate`, `-r` or `--no-create-topics`.
        let written: String
        /// Its value; for a flag "true" or "false".
        let text: String
    }

    private(set) var occurrences: [Occurrence] = []
    private(set) var positionals: [String] = []
    /// Whether `h` stands among short flags, as in `-vh`; help that stands alone is found before anything is split.
    private(set) var wantsHelp = false

    private let options: [OptionInfo]
    private let otherCommands: [Command]
    private var rest: ArraySlice<String>

    /// Splits the arguments of a command.
    /// - Parameters:
    ///   - arguments: what follows the command's name.
    ///   - command: the command.
    ///   - others: the tool's commands, to say whose an unknown option is.
    init(_ arguments: ArraySlice<String>, command: Command, others: [Command]) throws(ArgumentError) {
        options = command.allOptions.map(\.info)
        otherCommands = others
        rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" {
                positionals += rest
                return
            } else if argument.hasPrefix("--") {
                try takeLong(argument)
            } else if argument.hasPrefix("-"), argument != "-" {
                try takeShort(argument)
            } else {
                positionals.append(argument)
            }
        }
    }

    // MARK: Long options

    private mutating func takeLong(_ argument: String) throws(ArgumentError) {
        let equals = argument.firstIndex(of: "=")
        let written = String(argument[..<(equals ?? argument.endIndex)])
        let attached = equals.map { String(argument[argument.index(after: $0)...]) }
        let name = String(written.dropFirst(2))

        if let option = options.first(where: { $0.name == name }) {
            try take(option, written: written, attached: attached)
        } else if name.hasPrefix("no-"), let option = options.first(where: { $0.name == name.dropFirst(3) }),
            option.isNegatable
        {
            try take(option, written: written, attached: attached, isNegated: true)
        } else {
            throw unknown(written)
        }
    }

    private mutating func take(
        _ option: OptionInfo, written: String, attached: String?, isNegated: Bool = false
    ) throws(ArgumentError) {
        if option.takesValue {
            let text = if let attached { attached } else { try nextValue(of: option, written: written) }
            occurrences.append(Occurrence(name: option.name, written: written, text: text))
            return
        }
        if attached != nil {
            throw ArgumentError(.unexpectedValue, "\(written) takes no value; leave out what follows the equals sign")
        }
        occurrences.append(Occurrence(name: option.name, written: written, text: isNegated ? "false" : "true"))
    }

    /// The argument after an option, unless that is an option itself. A negative number is a value.
    private mutating func nextValue(of option: OptionInfo, written: String) throws(ArgumentError) -> String {
        guard let next = rest.first else {
            throw ArgumentError(.missingValue, "\(written) needs a value: \(written) \(option.placeholder)")
        }
        let second = next.dropFirst().first
        let isNumber = second.map { $0.isASCII && ($0.isNumber || $0 == ".") } ?? true
        if next.hasPrefix("-") && !isNumber {
            let follows = Shown.value(next.prefix { $0 != "=" })
            throw ArgumentError(
                .missingValue,
                "\(written) needs a value, but \(follows) follows; write \(written) \(option.placeholder),"
                    + " or \(written)=VALUE for a value that begins with a dash")
        }
        return rest.removeFirst()
    }

    // MARK: Short options

    private mutating func takeShort(_ argument: String) throws(ArgumentError) {
        var letters = argument.dropFirst()
        while let letter = letters.popFirst() {
            let written = "-\(letter)"
            if letter == "h" {
                wantsHelp = true
                continue
            }
            guard let option = options.first(where: { $0.short == letter }) else {
                throw unknownShort(letter, in: argument)
            }
            if option.takesValue {
                var attached: String?
                if !letters.isEmpty { attached = String(letters.first == "=" ? letters.dropFirst() : letters) }
                try take(option, written: written, attached: attached)
                return
            }
            if letters.first == "=" { try take(option, written: written, attached: "") }
            try take(option, written: written, attached: nil)
        }
    }

    // MARK: Unknown options

    private func unknown(_ written: String) -> ArgumentError {
        let name = String(written.dropFirst(2))
        var known: [String] = ["help"]
        for option in options where !option.isHidden {
            known.append(option.name)
            if option.isNegatable { known.append("no-" + option.name) }
        }
        let shown = Shown.value(written)
        if name.hasPrefix("no-"), let option = options.first(where: { $0.name == name.dropFirst(3) }) {
            return ArgumentError(.unknownOption, "unknown option \(shown): --\(option.name) cannot be negated")
        }
        let owners = otherCommands.filter { command in
            !command.isHidden && command.allOptions.contains { $0.info.name == name && !$0.info.isHidden }
        }
        if !owners.isEmpty {
            let names = owners.map(\.path).joined(separator: ", ")
            return ArgumentError(.unknownOption, "unknown option \(shown): it belongs to \(names)")
        }
        if let close = Suggestion.closest(to: name, among: known) {
            return ArgumentError(.unknownOption, "unknown option \(shown); did you mean --\(close)?")
        }
        return ArgumentError(.unknownOption, "unknown option \(shown)")
    }

    private func unknownShort(_ letter: Character, in argument: String) -> ArgumentError {
        let word = argument.dropFirst().prefix { $0 != "=" }
        let isLong = options.contains { $0.name == word && !$0.isHidden }
        if isLong {
            return ArgumentError(.unknownOption, "unknown option -\(word); did you mean --\(word)?")
        }
        if letter.isASCII && letter.isNumber {
            return ArgumentError(
                .unknownOption,
                "unknown option \(Shown.value(argument)); put -- before an argument that begins with a dash")
        }
        // Only the letter is shown: what follows it may be a value, and a secret one.
        return ArgumentError(.unknownOption, "unknown option -\(Shown.value(String(letter)))")
    }
}
